"""What the command line does, as the SDK sees it."""

import os

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

import sdk
from emulator_process import make_certificate, pem_of
from sdk import certificates, expect, expect_error, secrets, test


@test
def the_command_line_makes_rotates_and_shows_a_certificate():
    code, made, error = sdk.emulator.command(
        "certificate", "create", "cli/web", "--dns", "a.example", "--key", "p-256"
    )
    expect(code == 0, error)
    code, rotated, error = sdk.emulator.command("certificate", "rotate", "cli/web")
    expect(code == 0 and rotated != made, error)
    expect(certificates("cli").get_certificate("web").properties.version == rotated.strip())
    code, shown, _ = sdk.emulator.command("certificate", "show", "cli/web")
    expect(shown.splitlines()[0] == "certificate web in cli", shown)
    expect([line.split()[0] for line in shown.splitlines()[1:]] == [made.strip(), rotated.strip()])


@test
def the_command_line_imports_disables_deletes_and_recovers():
    path = os.path.join(sdk.emulator.state, "import.pem")
    with open(path, "wb") as file:
        file.write(pem_of(*make_certificate("a.example")))
    expect(sdk.emulator.command("certificate", "import", "cli2/web", path)[0] == 0)
    client = certificates("cli2")
    expect(sdk.emulator.command("certificate", "disable", "cli2/web")[0] == 0)
    expect(not client.get_certificate("web").properties.enabled)
    expect(sdk.emulator.command("certificate", "enable", "cli2/web")[0] == 0)
    expect(client.get_certificate("web").properties.enabled)
    expect(sdk.emulator.command("certificate", "delete", "cli2/web")[0] == 0)
    expect_error(ResourceNotFoundError, client.get_certificate, "web")
    expect(sdk.emulator.command("certificate", "recover", "cli2/web")[0] == 0)
    expect(client.get_certificate("web").properties.enabled)


@test
def the_command_line_sets_secrets_and_faults():
    expect(sdk.emulator.command("secret", "set", "cli3/one", "1")[0] == 0)
    expect(sdk.emulator.command("fault", "set", "denySecrets", "--vault", "cli3")[0] == 0)
    expect(sdk.emulator.command("fault", "list")[1] == "denySecrets on vault cli3 until cleared\n")
    expect_error(HttpResponseError, secrets("cli3").get_secret, "one")
    expect(sdk.emulator.command("fault", "clear")[0] == 0)
    expect(secrets("cli3").get_secret("one").value == "1")
    expect("tokens " in sdk.emulator.command("stats")[1])


@test
def the_command_line_says_who_may_do_what():
    def access(*arguments):
        code, output, error = sdk.emulator.command("access", *arguments)
        expect(code == 0, error)
        return output

    client = secrets("cli4")
    client.set_secret("one", "1")

    def code():
        return expect_error(HttpResponseError, client.get_secret, "one").error.innererror["code"]

    access("revoke", "cli4")
    expect(code() == "ForbiddenByRbac")
    access("grant", "cli4", "secretsUser", "--on", "secrets/one")
    expect(client.get_secret("one").value == "1")
    expect('"role" : "Key Vault Secrets User"' in access("show", "cli4"))
    access("policy", "cli4", "--certificates", "get,list")
    expect(code() == "ForbiddenByPolicy")
    access("policy", "cli4", "--secrets", "get,set")
    access("network", "cli4", "--allow", "203.0.113.0/24")
    expect(code() == "ForbiddenByFirewall")
    access("network", "cli4", "--private")
    expect(code() == "ForbiddenByConnection")
    access("open", "cli4")
    access("limit", "cli4", "--requests", "1", "--seconds", "1000000")
    expect(client.get_secret("one").value == "1")
    expect(
        expect_error(HttpResponseError, secrets("cli4", retry_total=0).get_secret, "one")
        .status_code == 429
    )
    access("open", "cli4")
    expect(client.get_secret("one").value == "1")


@test
def the_command_line_prints_settings_for_the_agent():
    code, settings, _ = sdk.emulator.command("settings", "cli/web")
    expect(code == 0)
    for line in (
        f"    - url: {sdk.emulator.vault_url('cli')}/secrets/web",
        f"  msiEndpoint: http://127.0.0.1:{sdk.emulator.identity_port}/metadata/identity",
        f"  audience: https://vault.localhost:{sdk.emulator.vault_port}",
        f"  caBundle: '{sdk.emulator.ca_file}'",
    ):
        expect(line in settings.splitlines(), line)


@test
def the_command_line_says_what_went_wrong():
    code, output, error = sdk.emulator.command("certificate", "rotate", "cli/none")
    expect(code == 1 and output == "")
    expect(
        error == "kvagent-emulator: error: rotate certificate none: not found in vault cli\n", error
    )
    expect(sdk.emulator.command("certificate", "rotate", "none")[0] == 64)
