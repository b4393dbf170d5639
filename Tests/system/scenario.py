"""The list of scenarios; each goes on from where the last one ended."""

scenarios = []


def scenario(name):
    """Notes a function of a `Bench` as the scenario `name`; what it returns is printed beside."""

    def note(function):
        scenarios.append((name, function))
        return function

    return note
