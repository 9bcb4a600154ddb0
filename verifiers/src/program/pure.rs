//! Whether what code shows follows from its text alone: only that holds for later runs.

/// Modules that do nothing but compute, and always the same.
const PURE: [&str; 23] = [
    "typing",
    "math",
    "cmath",
    "collections",
    "itertools",
    "functools",
    "re",
    "string",
    "heapq",
    "bisect",
    "copy",
    "json",
    "operator",
    "statistics",
    "fractions",
    "decimal",
    "hashlib",
    "enum",
    "dataclasses",
    "abc",
    "numbers",
    "textwrap",
    "array",
];
/// Words by which code may reach other modules, files, or the interpreter's settings.
const DOUBTFUL: [&str; 17] = [
    "__import__",
    "importlib",
    "__builtins__",
    "builtins",
    "__loader__",
    "__spec__",
    "__globals__",
    "globals",
    "modules",
    "exec",
    "eval",
    "open",
    "sys",
    "_sys",
    "os",
    "_os",
    "io",
];

/// Whether the code imports nothing but [`PURE`] modules and uses no [`DOUBTFUL`] word, be it in a comment. It is not parsed: what
/// cannot be told apart from an import counts as one.
pub(super) fn is_pure(code: &str) -> bool {
    let joined = code.replace("\r\n", "\n").replace("\\\n", " ");
    let doubtful = words(&joined).any(|word| DOUBTFUL.contains(&word));
    // the word is in many a description
    let asks = joined.split("input").skip(1).any(|rest| rest.trim_start().starts_with('('));
    !doubtful && !asks && joined.split(['\n', '\r', ';']).all(imports_pure)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Whether a statement is no import, or plainly one of [`PURE`] modules.
fn imports_pure(statement: &str) -> bool {
    if !words(statement).any(|word| word == "import") {
        return true;
    }
    let code = statement.split('#').next().unwrap_or_default().trim();
    if let Some(names) = code.strip_prefix("import ") {
        return names.split(',').all(|name| match name.split_whitespace().collect::<Vec<_>>().as_slice() {
            [path] | [path, "as", _] => is_pure_module(path),
            _ => false,
        });
    }
    matches!(code.split_whitespace().collect::<Vec<_>>().as_slice(), ["from", path, "import", ..] if is_pure_module(path))
}

fn is_pure_module(path: &str) -> bool {
    path.split('.').next().is_some_and(|top| PURE.contains(&top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_only_computes_is_pure() {
        for code in [
            "def f(x):\n    return x * 2\n",
            "import math\nimport re, string\nfrom collections import Counter, deque  # both\n",
            "import collections.abc as abc, math as m; from itertools import *\n",
            "def f(x):\n    from functools import (\n        reduce,\n    )\n    import heapq\n    return opened(x)\n",
            "from math \\\n    import sqrt\n",
            "'''An important note on the input from the author.'''\nx = systems[0]\n",
        ] {
            assert!(is_pure(code), "{code}");
        }
    }

    #[test]
    fn whatever_may_depend_on_more_than_the_text_is_not() {
        for code in [
            "import os",
            "import math, mypkg",
            "import math as m, time as t",
            "import mathematics",
            "from datetime import date",
            "from . import math",
            "from mypkg.math import sqrt",
            "import mypkg.math",
            "x = 1; import random",
            "def f():\n\timport numpy as np\n",
            "if '#': import random",
            "try: import random\nexcept Exception: pass",
            "import \\\n  random",
            "import \\\r\n  random",
            "from random \\\n  import math",
            "x = 1\rimport random",
            "__import__('random')",
            "import math\nimportlib = 1",
            "f = open",
            "print(open ('x').read())",
            "exec('x')",
            "eval('x')",
            "input()",
            "x = [input ('')]",
            "import sys\nsys.set_int_max_str_digits(0)",
            "from collections import _sys",
            "import statistics\nstatistics.sys.path",
            "# how to import it",
        ] {
            assert!(!is_pure(code), "{code}");
        }
    }
}
