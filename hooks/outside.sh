# shellcheck shell=sh
# Not a hook: what the hooks of this directory share.  They read it from beside themselves, and a copy of
# one in hooks.d reads /usr/share/kvagent/hooks/outside.sh.

# outside COMMAND [ARGUMENT…]: runs a command as if root had typed it.
#
# With `hooks.runner: direct` a hook lives in the sandbox of kvagent.service, where all but the store
# is read-only: `nginx -t` fails there, for it opens the logs.  The service manager runs the command as
# a unit of its own instead, whose end and output come back here.  In a hook that is such a unit itself,
# without systemd, or as another user than root, the command runs as it is.
outside() {
    if [ "${KVAGENT_RUNNER:-}" != systemd ] && [ -d /run/systemd/system ] && [ "$(id -u)" -eq 0 ] && command -v systemd-run >/dev/null 2>&1; then
        # The limit ends the unit when the hook's own time-out has already ended the hook.
        systemd-run --quiet --collect --wait --pipe --service-type=exec \
            --property=RuntimeMaxSec=60 -- "$@"
    else
        "$@"
    fi
}

# patiently COMMAND [ARGUMENT…]: runs a command, and after 1 s and 2 s again when it fails.  While the service
# manager re-executes itself, as its own upgrade makes it, whoever asks it for something is cut off.
patiently() {
    for pause in 1 2; do
        "$@" && return
        sleep "$pause"
    done
    "$@"
}

# is_running UNIT: whether there is something to reload.  Ends the hook when systemd can't say.
is_running() {
    if ! patiently knows_state "$1"; then
        echo "systemctl can't tell whether $1 runs (status $state)" >&2
        exit 1
    fi
    [ "$state" -eq 0 ]
}

# knows_state UNIT: sets `state` to what systemctl's status says of it: 0 is running, 3 or 4 is not, or is no
# unit (LSB's status codes, systemctl(1)).  Anything else is no answer.
knows_state() {
    state=0
    systemctl is-active --quiet -- "$1" || state=$?
    case $state in
    0 | 3 | 4) return 0 ;;
    *) return 1 ;;
    esac
}

# has_systemd: whether units are there to be reloaded.  Containers have none, and pid files serve there.
has_systemd() { [ -d /run/systemd/system ]; }

# not_running SERVER: ends the hook; there is nothing to reload.
not_running() {
    echo "$1 is not running; it reads the new certificate when it starts"
    exit 0
}

# usage TEXT…: ends the hook with what it expected.
usage() {
    echo "$*" >&2
    exit 64
}

# take NAMES ARGUMENT…: each argument is NAME=VALUE with one of NAMES, and sets the variable NAME.
take() {
    names=$1
    shift
    for argument; do
        name=${argument%%=*}
        case $argument in *=*) ;; *) usage "expected NAME=VALUE, found: $argument" ;; esac
        case " $names " in
        *" $name "*) eval "$name=\${argument#*=}" ;;
        *) usage "there is no argument $name; there are: $names" ;;
        esac
    done
}

# find_process PROGRAM FILE: sets `pid` to what the pid file says; 1 if it is not there, or that process
# has ended.  Ends the hook when the file can't be trusted, or the process is another program's: a number
# is given anew after its process has ended, and the signal would go to somebody else.
find_process() {
    [ -e "$2" ] || return 1
    [ -f "$2" ] || untrusted "$2" "no regular file"
    # The first line only: PostgreSQL's file has more of them.  Some pad it with blanks.
    pid=
    rest=
    read -r pid rest <"$2" || [ -n "$pid" ] || untrusted "$2" "empty"
    case $pid$rest in
    '' | 0* | *[!0-9]* | ????????*) untrusted "$2" "no process in it" ;;
    esac
    [ -z "$rest" ] || untrusted "$2" "more than a process in it"
    outside test -d "/proc/$pid" || return 1
    # Who may write the file chooses the process.
    owner=$(stat -L -c %u -- "$2")
    if [ "$owner" != 0 ] && [ "$owner" != "$(id -u)" ] &&
        [ "$owner" != "$(outside stat -c %u "/proc/$pid")" ]; then
        untrusted "$2" "it belongs to neither root nor the owner of process $pid"
    fi
    [ -z "$(find -L "$2" -prune -perm /022)" ] || untrusted "$2" "others may write it"
    # The kernel keeps fifteen characters of a name.
    found=$(outside cat "/proc/$pid/comm") || return 1
    [ "$found" = "$(printf '%.15s' "$1")" ] || untrusted "$2" "process $pid is $found, not $1"
}

# untrusted FILE WHY: ends the hook.
untrusted() {
    echo "pid file $1: $2" >&2
    exit 1
}

# send SIGNAL: to the process that find_process has found.
send() {
    # shellcheck disable=SC2016 # the inner shell is to expand them
    outside sh -c 'kill -s "$1" "$2"' sh "$1" "$pid"
}

# handshake_with_candidate: whether OpenSSL, as this system has it set up, shakes hands with the candidate's
# certificate and key.  For servers that can't be asked without their own configuration.
handshake_with_candidate() {
    if ! command -v openssl >/dev/null 2>&1; then
        echo "openssl is not installed; nothing to check"
        return 0
    fi
    scratch=$(mktemp -d)
    server=
    trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf -- "$scratch"' EXIT
    trap 'exit 1' HUP INT TERM
    openssl s_server -rev -unix "$scratch/socket" -naccept 1 -cert "$KVAGENT_FULLCHAIN" \
        -cert_chain "$KVAGENT_FULLCHAIN" -key "$KVAGENT_PRIVKEY" </dev/null >"$scratch/said" 2>&1 &
    server=$!
    tries=0
    until [ -S "$scratch/socket" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
            cat "$scratch/said" >&2
            return 1
        fi
        sleep 0.1
    done
    if ! openssl s_client -unix "$scratch/socket" </dev/null >"$scratch/heard" 2>&1; then
        cat "$scratch/said" "$scratch/heard" >&2
        return 1
    fi
}
