"""Finds the functions of a C++ file and how long they are, by following braces.

No parser: it knows comments, literals, the preprocessor's lines and what stands before a brace.
That is enough for formatted code; a lambda counts as part of the function around it.
"""

import re

_NOISE = re.compile(
    r"""
    //[^\n]*                                            # comment
    | /\*.*?\*/                                         # comment
    | R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"      # raw string
    | "(?:\\.|[^"\\\n])*"                               # string
    | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'               # character; 1'000 is a number
    | ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*                    # preprocessor, with continued lines
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE)
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
_NAME = re.compile(r"((?:[\w:]+::)?operator\s*(?:\(\)|[^\s(]+)|[~\w:]+)\s*\(")


class Unbalanced(Exception):
    def __init__(self, line):
        super().__init__(f"line {line}: braces do not balance")
        self.line = line


def _without_noise(text):
    """`text` without comments, literals and preprocessor lines; lines keep their numbers."""
    def blank(match):
        lines = "\n" * match.group().count("\n")
        return '""' + lines if match.group()[0] in "\"'R" else lines
    return _NOISE.sub(blank, text)


def _function_name(head):
    """The name of the function whose body follows `head`, or None: a scope or an initializer."""
    head = re.sub(r"\btemplate\s*<[^{}();]*>|\b(alignas|decltype|__attribute__)\s*\(+[^()]*\)+", "",
                  head)
    before_parameters = re.sub(r"\boperator\s*[^\s\w]+", "", head.partition("(")[0])
    if "(" not in head or "=" in before_parameters or _SCOPE.match(head.strip()):
        return None
    name = _NAME.search(head)
    return " ".join(name.group(1).split()) if name else None


def functions(text):
    """(name, first line, lines) of every function; a name is written as in its definition.

    Raises Unbalanced.
    """
    code = _without_noise(text)
    found = []
    stack = []  # of (name or None, line where the definition begins)
    head, head_line, line = "", 0, 1
    for position, char in enumerate(code):
        inside = any(name for name, _ in stack)
        if char == "{":
            stack.append((None if inside else _function_name(head), head_line or line))
            if not inside and stack[-1][0] is None:
                head, head_line = "", 0
        elif char == "}":
            if not stack:
                raise Unbalanced(line)
            name, begin = stack.pop()
            if not inside or name:
                # A constructor's `: a_{x}, b_{y} {` closes braces before its body opens.
                goes_on = name and code[position + 1:].lstrip()[:1] in (",", "{")
                if not goes_on:
                    if name:
                        found.append((name, begin, line - begin + 1))
                    head, head_line = "", 0
        elif char == ";" and not inside and head.count("(") <= head.count(")"):
            head, head_line = "", 0
        elif not inside:
            if not char.isspace() and not head_line:
                head_line = line
            head += char
        line += char == "\n"
    if stack:
        raise Unbalanced(stack[-1][1])
    return found


_SELF_TEST = """\
#define OPEN(x) { \\
  x
namespace a {
struct S : B {
  S(int x) : x_{x}, y_(x) {
    F('{', "}", R"(}})", 1'000);
  }
  bool operator==(const S& o) const { return true; }  // }
  int x_ = 3;
  std::array<int, 2> y_{1, 2};
};
template <class T, int N = 3>
  requires F<T>
T Long(T x,
       int y) {
  auto f = [&](int i) { return i; };
  if (x) {
  }
  return {f(y)};
}
enum class E { kA = F(1) };
const Row kRows[] = {{"a", [](int i) { return i; }}, {"b", G(2)}};
TEST(Suite, Name) {
  /* } */
}
concept C = requires(T t) {
  { t.F() } -> std::same_as<void>;
};
}  // namespace a
"""
_EXPECTED = [("S", 5, 3), ("operator==", 8, 1), ("Long", 12, 9), ("TEST", 23, 3)]


def self_test():
    got = functions(_SELF_TEST)
    return [] if got == _EXPECTED else [f"cpp_functions: expected {_EXPECTED}, got {got}"]
