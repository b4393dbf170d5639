"""What the SDK does with secrets."""

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

import sdk
from sdk import expect, expect_error, secrets, test


@test
def a_secret_keeps_its_attributes_and_tags():
    client = secrets("attributes")
    made = client.set_secret("one", "1", content_type="text/plain", tags={"a": "b"}, enabled=True)
    read = client.get_secret("one")
    expect(read.properties.content_type == "text/plain")
    expect(read.properties.tags == {"a": "b"})
    expect(read.properties.version == made.properties.version)
    expect(read.properties.recoverable_days == 90)
    expect(not read.properties.managed)


@test
def names_are_case_insensitive_and_keep_their_spelling():
    client = secrets("names")
    client.set_secret("MixedCase", "1")
    expect(client.get_secret("mixedcase").value == "1")
    expect([item.name for item in client.list_properties_of_secrets()] == ["MixedCase"])


@test
def every_version_can_be_read_and_is_listed_by_its_id():
    client = secrets("versions")
    made = [client.set_secret("one", str(number)).properties.version for number in range(30)]
    for number, version in enumerate(made[:3]):
        expect(client.get_secret("one", version).value == str(number))
    listed = [item.version for item in client.list_properties_of_secret_versions("one")]
    expect(listed == sorted(made), "order of versions")
    expect(list(client.list_properties_of_secret_versions("unknown")) == [])


def _list_secrets(count, **options):
    client = secrets("lists")
    known = {item.name for item in client.list_properties_of_secrets()}
    for number in range(count):
        if f"item-{number}" not in known:
            client.set_secret(f"item-{number}", "x")
    pages = [list(page) for page in client.list_properties_of_secrets(**options).by_page()]
    names = [item.name for page in pages for item in page]
    expect(len(names) == count and len(set(names)) == count, f"{len(names)} names")
    return [len(page) for page in pages]


@test
def a_long_list_comes_in_pages():
    expect(_list_secrets(60) == [25, 25, 10])


@test
def a_page_is_as_long_as_asked_for():
    expect(_list_secrets(60, max_page_size=20) == [20, 20, 20])


@test
def pages_may_be_short():
    with sdk.emulator.behaviour(pages="short"):
        expect(_list_secrets(60) == [24, 24, 12])


@test
def the_last_page_may_be_empty():
    with sdk.emulator.behaviour(pages="emptyLast"):
        expect(_list_secrets(60) == [25, 25, 10, 0])


@test
def an_update_changes_what_it_names_and_no_more():
    client = secrets("update")
    made = client.set_secret("one", "1", content_type="a", tags={"a": "b"})
    client.update_secret_properties("one", made.properties.version, content_type="c")
    read = client.get_secret("one")
    expect(read.value == "1" and read.properties.content_type == "c")
    expect(read.properties.tags == {"a": "b"})
    client.update_secret_properties("one", tags={})
    expect(client.get_secret("one").properties.tags == {})


@test
def a_disabled_secret_is_refused_and_no_older_version_stands_in():
    client = secrets("disabled")
    old = client.set_secret("one", "old").properties.version
    new = client.set_secret("one", "new").properties.version
    client.update_secret_properties("one", new, enabled=False)
    error = expect_error(HttpResponseError, client.get_secret, "one")
    expect(error.status_code == 403 and error.error.innererror["code"] == "SecretDisabled")
    expect(client.get_secret("one", old).value == "old")
    client.update_secret_properties("one", new, enabled=True)
    expect(client.get_secret("one").value == "new")


@test
def an_unknown_secret_is_not_found():
    error = expect_error(ResourceNotFoundError, secrets("none").get_secret, "nothing")
    expect("A secret with (name/id) nothing was not found" in error.message)


@test
def a_deleted_secret_can_be_recovered():
    client = secrets("deleted")
    client.set_secret("one", "1")
    deleted = client.begin_delete_secret("one").result()
    expect(deleted.scheduled_purge_date > deleted.deleted_date)
    expect_error(ResourceNotFoundError, client.get_secret, "one")
    expect_error(ResourceExistsError, client.set_secret, "one", "2")
    expect([item.name for item in client.list_deleted_secrets()] == ["one"])
    client.begin_recover_deleted_secret("one").wait()
    expect(client.get_secret("one").value == "1")


@test
def a_purged_secret_is_gone():
    client = secrets("purged")
    client.set_secret("one", "1")
    client.begin_delete_secret("one").wait()
    client.purge_deleted_secret("one")
    expect_error(ResourceNotFoundError, client.get_deleted_secret, "one")
    client.set_secret("one", "2")
