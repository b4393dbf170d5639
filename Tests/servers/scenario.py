"""The list of scenarios, each on its own."""

scenarios = []


class Failed(Exception):
    """What a scenario expected is not so."""


def scenario(name):
    """Notes a function of a `Bench` as the scenario `name`; what it returns is printed beside."""

    def note(function):
        scenarios.append((name, function))
        return function

    return note


def expect(condition, message):
    if not condition:
        raise Failed(message)


def expect_equal(found, expected, what):
    expect(found == expected, f"{what}: expected {expected!r}, found {found!r}")
