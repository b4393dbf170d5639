"""The examples of settings in the documentation, wherever they stand in it."""

import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRAPPERS = ("settings", "publicSettings", "properties", "runtimeSettings", "handlerSettings")
# `{msiClientId: …}`, `retries: N`
PLACEHOLDER = re.compile(r"…|: [A-Z]+$")


class Example:
    def __init__(self, origin, content):
        self.origin, self.content = origin, content


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice, as kvagent does."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len({str(key) for key in keys}):
            raise yaml.constructor.ConstructorError(
                None, None, f"a key is there twice: {keys}", node.start_mark)
        return super().construct_mapping(node, deep)


def keys(schema):
    """Every key that the schema has anywhere."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys(value)


def unwrapped(example):
    """The settings in the extension's wrappings; None when it has none of them."""
    if list(example) == ["runtimeSettings"]:
        example = example["runtimeSettings"][0]
    for wrapper in WRAPPERS:
        inner = example.get(wrapper) if isinstance(example, dict) else None
        if isinstance(inner, str):
            inner = json.loads(inner)
        if isinstance(inner, dict):
            return inner if "secretsManagementSettings" in inner else unwrapped(inner)
    return None


def collect(known):
    """Pairs of a file's name and its examples; `known` are the keys of settings."""
    pages = [ROOT / "README.md", ROOT / "hooks/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        yield _named(page, [*_of_fences(page, known), *_of_spans(page, known)])
    for page in sorted((ROOT / "packaging/man").glob("*.5")):
        yield _named(page, _of_manual(page, known))
    for file in sorted((ROOT / "packaging/config").glob("*.yaml")):
        yield _named(file, [*_of_commented(file)])


def _named(file, examples):
    return file.relative_to(ROOT), list(examples)


def _documents(text, origin):
    try:
        return [one for one in yaml.load_all(text, StrictLoader) if one is not None]
    except yaml.YAMLError as error:
        raise SystemExit(f"examples: error: {origin}: {error}") from error


def _is_settings(content, known):
    return isinstance(content, dict) and any(key in known or key in WRAPPERS for key in content)


def _of_fences(page, known):
    text = page.read_text()
    for fence in re.finditer(r"^```(yaml|json|yml)\n(.*?)^```", text, re.M | re.S):
        origin = f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, fence.start()) + 1}"
        for content in _documents(fence[2], origin):
            if _is_settings(content, known):
                yield Example(origin, content)


def _of_spans(page, known):
    """Code in a line: `key: value`; or, in a table of keys, a value of the key that the row has."""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        spans = [span for span in re.findall(r"`([^`]+)`", line) if not PLACEHOLDER.search(span)]
        row = spans[0].split(".")[-1] if line.startswith("| `") and spans else None
        for span in spans:
            pair = re.match(r"(\w+): *[\[{\"\w/]", span)
            is_pair = pair is not None and pair[1] in known
            is_value = row in known and re.fullmatch(r"\[.+\]|\{.+\}", span)
            if not is_pair and not is_value:
                continue
            origin = f"{page.relative_to(ROOT)}:{number}"
            # A span may have several keys: `group: ssl-cert, mode: "0640"`.
            [content] = _documents(f"{{{span if is_pair else f'{row}: {span}'}}}", origin)
            if set(content) <= known and not _is_list_of_names(next(iter(content.values()))):
                yield Example(origin, content)


def _is_list_of_names(value):
    """`{vaultSuffix, audience}` says which keys there are, and no more."""
    return isinstance(value, dict) and all(inner is None for inner in value.values())


def _of_manual(page, known):
    text = page.read_text()
    plain = re.sub(r"\\\(dq", '"', text).replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")
    for block in re.finditer(r"^\.Bd -literal.*?\n(.*?)^\.Ed", plain, re.M | re.S):
        origin = f"{page.relative_to(ROOT)}:{plain.count(chr(10), 0, block.start()) + 1}"
        for content in _documents(block[1], origin):
            if _is_settings(content, known):
                yield Example(origin, content)
    for example in re.finditer(r"^Example[^\n]*:\n\.Li (.*)$", plain, re.M):
        origin = f"{page.relative_to(ROOT)}:{plain.count(chr(10), 0, example.start()) + 2}"
        [content] = _documents(example[1], origin)
        yield Example(origin, content)


def _of_commented(file):
    """The whole file, and what it has as comments: `#` and at once a key, or an indent of two."""
    text = file.read_text()
    lines = [line for line in text.splitlines() if re.match(r"#(\w|  +[\w-])", line)]
    start = next(i for i, line in enumerate(lines) if line.startswith("#secretsManagementSettings"))
    [content] = _documents("\n".join(line[1:] for line in lines[start:]), file.name)
    yield Example(str(file.relative_to(ROOT)), content)
