"""Functions inside a module's text: find one, blank its body, put another in its place. All else stays byte for byte.

A function is named by its path inside the module: ``affine_forward``, ``Solver._step`` for a method, ``chain.forward``
for a function inside a function.
"""

import ast
import textwrap
from threading import Lock

# CPython 3.11 keeps one count of the depth for all threads that turn syntax trees into objects or back, and loses it
# ("AST constructor recursion depth mismatch") when two do so at once.
_one_at_a_time = Lock()

# A call by one of these names at the head of a body refuses bad input or takes settings apart: it is not the exercise.
_CHECKS = ("check_", "_check_", "read_", "_prepare", "_operands", "_upstream")


def parse(text):
    """Parse a module's text, as `ast.parse`; safe in several threads."""
    with _one_at_a_time:
        return ast.parse(text)


def compile_tree(tree, file):
    """Compile a syntax tree; safe in several threads."""
    with _one_at_a_time:
        return compile(tree, file, "exec")


def find_all(tree, path):
    """List every definition of that path in a parsed module; more than one if it is defined more than once."""
    nodes = [tree]
    for name in path.split("."):
        nodes = [
            child
            for node in nodes
            for child in node.body
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)) and child.name == name
        ]
    return [node for node in nodes if isinstance(node, ast.FunctionDef)]


def find(tree, path):
    """Return the definition that counts, the last one; a LookupError if there is none."""
    nodes = find_all(tree, path)
    if not nodes:
        raise LookupError(f"no function {path}")
    return nodes[-1]


def blank(text, messages):
    """Replace bodies by a comment and ``raise NotImplementedError(message)``.

    Signature, decorators and docstring stay, and so do the checks of the arguments at the head of the body with what
    stands before them (``x, w, b = cache``).

    Parameters
    ----------
    text : str
        A module's source.
    messages : dict
        What to raise, by the function's path.

    Returns
    -------
    text : str

    Raises
    ------
    LookupError
        If the module has no such function.
    """
    tree = parse(text)
    lines = text.splitlines(keepends=True)
    nodes = [(find(tree, path), message) for path, message in messages.items()]
    for node, message in sorted(nodes, key=lambda pair: -pair[0].lineno):
        first, last = removed_lines(node, lines)
        indent = " " * node.body[0].col_offset
        whose = "the docstring" if ast.get_docstring(node) else "the docstring around it"
        lines[first:last] = [
            f"{indent}# Write the body here; {whose} says what it does.\n",
            f'{indent}raise NotImplementedError("{message}")\n',
        ]
    return "".join(lines)


def removed_lines(node, lines):
    """Tell from which line to before which line `blank` takes away, counted from 0."""
    removed = node.body[_length_of_head(node.body) :]
    if not removed or removed[0].lineno == node.lineno:
        raise ValueError(f"blank: {node.name} has no body of its own lines to take away")
    first = min([removed[0].lineno, *(decorator.lineno for decorator in getattr(removed[0], "decorator_list", []))]) - 1
    while _is_comment(lines[first - 1]):
        first -= 1
    while not lines[first].strip():
        first += 1
    return first, removed[-1].end_lineno


def cut_out(text, path):
    """Return the text of a function, without the indentation that it has there."""
    return textwrap.dedent(ast.get_source_segment(text, find(parse(text), path), padded=True))


def replace(text, path, function):
    """Put the text of a function in the place of another one and give it its indentation and its name."""
    node = find(parse(text), path)
    lines = text.splitlines(keepends=True)
    new = parse(textwrap.dedent(function)).body[0]
    written = textwrap.dedent(function).strip("\n").splitlines()
    offset = len("def ")
    at = new.lineno - 1
    written[at] = written[at][:offset] + node.name + written[at][offset + len(new.name) :]
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    lines[first : node.end_lineno] = [" " * node.col_offset * bool(line) + line + "\n" for line in written]
    return "".join(lines)


def blank_node(node, message):
    """As `blank`, on a parsed function, and with nothing but the docstring left."""
    docstring = node.body[: ast.get_docstring(node) is not None]
    node.body = [*docstring, *parse(f"raise NotImplementedError({message!r})").body]
    for added in ast.walk(node.body[-1]):
        if hasattr(added, "lineno"):
            ast.copy_location(added, node)


def _length_of_head(body):
    """Count the statements that stay: up to the last one of the checks that open the body, the docstring at least."""
    length = 1 if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else 0
    for position, statement in enumerate(body):
        if _is_check(statement):
            length = position + 1
        elif not isinstance(statement, (ast.Assign, ast.Expr)):
            break
    return length


def _is_check(statement):
    if isinstance(statement, ast.If):
        return not statement.orelse and all(isinstance(s, ast.Raise) or _is_check(s) for s in statement.body)
    call = getattr(statement, "value", None) if isinstance(statement, (ast.Expr, ast.Assign)) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.startswith(_CHECKS)


def _is_comment(line):
    return not line.strip() or line.lstrip().startswith("#")
