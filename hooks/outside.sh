# shellcheck shell=sh
# Not a hook: what the hooks of this directory share.  Read with `. /usr/share/kvagent/hooks/outside.sh`.

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

# is_running UNIT: whether there is something to reload.  Ends the hook when systemd can't say.
is_running() {
    state=0
    systemctl is-active --quiet -- "$1" || state=$?
    case $state in
    0) return 0 ;;
    # Inactive, failed or on its way up; no such unit (LSB's status codes, systemctl(1)).
    3 | 4) return 1 ;;
    *)
        echo "systemctl can't tell whether $1 runs (status $state)" >&2
        exit 1
        ;;
    esac
}
