//! [`import()`](https://html.spec.whatwg.org/multipage/webappapis.html#hostloadimportedmodule).
//!
//! The engine loads the module that `import()` names within a microtask, and cannot wait for the network there. So calls
//! of it are renamed, before a script is compiled, to a function of the global object that fetches the module and
//! everything it imports first. The name is as long as the keyword, so that places in errors stay right. What `eval()`
//! compiles is not looked at: `import()` there finds only modules that are loaded already, and rejects otherwise.

use std::borrow::Cow;

use bgfetch_js::{DomString, Exception, Fallible, ModuleType, Promise, Realm, ToJs, Value, ValueKind};
use url::Url;

use super::modules;
use crate::agent::{Agent, TaskSource};
use crate::environment::Environment;
use crate::scripts::resolve_specifier;

/// What stands for `import` where it is called.
const NAME: &str = "imp\u{f6}rt";

/// Defines the function on a realm's global object, where enumerating does not show it.
///
/// # Errors
/// Only without memory.
pub(crate) fn install(realm: &Realm) -> Fallible<()> {
    let function = realm.function("import", 1, |realm, _, args| {
        let promise = Promise::<Value>::new(realm)?;
        let wanted = DomString::of(realm, args.get(0)).and_then(|specifier| {
            let module_type = requested_type(realm, args.get(1))?;
            Ok((resolve(realm, &specifier)?, module_type))
        });
        match wanted {
            Ok(((url, referrer), module_type)) => load(realm, url, referrer, module_type, promise.clone()),
            Err(exception) => promise.reject(realm, exception),
        }
        promise.to_js(realm)
    })?;
    realm.global().define_hidden(realm, NAME, function.as_value())
}

/// The type that the second argument asks for: [EvaluateImportCall](https://tc39.es/ecma262/#sec-evaluate-import-call), steps 9
/// and 10.
fn requested_type(realm: &Realm, options: &Value) -> Fallible<ModuleType> {
    let object = |value: &Value, what: &str| {
        value.as_object().ok_or_else(|| Exception::type_error(format!("{what} of import() are no object")))
    };
    if options.is_undefined() {
        return Ok(ModuleType::JavaScript);
    }
    let attributes = object(options, "the options")?.get(realm, "with")?;
    if attributes.is_undefined() {
        return Ok(ModuleType::JavaScript);
    }
    let attributes = object(&attributes, "the attributes")?;
    let mut module_type = ModuleType::JavaScript;
    let mut unsupported = None;
    for key in attributes.own_enumerable_keys(realm)? {
        let value = attributes.get(realm, &key)?;
        if value.kind() != ValueKind::String {
            return Err(Exception::type_error(format!("the import attribute {:?} is no string", &*key)));
        }
        let value = DomString::of(realm, &value)?;
        match ModuleType::of_attribute(&value).filter(|_| &*key == "type") {
            Some(known) => module_type = known,
            None => unsupported = Some(format!("there is no import attribute {:?} of {:?}", &*key, &*value)),
        }
    }
    unsupported.map_or(Ok(module_type), |why| Err(Exception::type_error(why)))
}

/// Resolves a specifier against the script that calls, which is given too; against the document or worker for what has no
/// URL, such as `eval()`.
fn resolve(realm: &Realm, specifier: &str) -> Fallible<(Url, Option<Url>)> {
    let caller =
        realm.calling_script().filter(|script| Url::parse(script).is_ok_and(|url| !url.cannot_be_a_base()));
    let referrer = caller.as_ref().and_then(|script| Url::parse(script).ok());
    let base = caller.unwrap_or_else(|| Environment::of(realm).base_url.borrow().to_string());
    let url = resolve_specifier(&base, specifier).map_err(Exception::type_error)?;
    Ok((url, referrer))
}

/// Fetches the graph of a module and runs it; the promise is for its namespace object.
fn load(realm: &Realm, url: Url, referrer: Option<Url>, module_type: ModuleType, promise: Promise<Value>) {
    let owned = realm.clone();
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        let result = async {
            let fetched = modules::fetch_dynamic(&owned, url.clone(), referrer, module_type).await;
            fetched.map_err(Exception::type_error)?;
            owned.import_module_of_type(url.as_str(), module_type)?.future(&owned)?.await
        };
        let result: Fallible<Value> = result.await;
        match result {
            Ok(namespace) => promise.resolve_with(&owned, &namespace),
            Err(exception) => promise.reject(&owned, exception),
        }
        Ok(())
    });
}

/// The source with calls of `import()` renamed.
pub(crate) fn rename_calls(source: &str) -> Cow<'_, str> {
    if !source.contains("import") {
        return Cow::Borrowed(source);
    }
    let mut scanner = Scanner::new(source);
    scanner.run();
    if scanner.calls.is_empty() {
        return Cow::Borrowed(source);
    }
    scanner.calls.sort_unstable();
    let mut renamed = String::with_capacity(source.len() + scanner.calls.len());
    let mut from = 0;
    for call in scanner.calls {
        renamed.push_str(source.get(from..call).unwrap_or_default());
        renamed.push_str(NAME);
        from = call + "import".len();
    }
    renamed.push_str(source.get(from..).unwrap_or_default());
    Cow::Owned(renamed)
}

/// Finds calls of `import` in a script: tokens are told apart as far as that needs, and no further.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Open brackets, innermost last.
    open: Vec<Open>,
    /// What came before, white space and comments aside.
    before: Before,
    calls: Vec<usize>,
}

enum Open {
    /// A parenthesis; after what it was opened, and the place of an `import` that it may be a call of.
    Parenthesis { after_keyword: bool, import: Option<usize> },
    /// `[` or `{`
    Other,
    /// `${` of a template.
    Template,
}

/// What matters of the token before: whether a `/` after it divides, and whether it can make `import` something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator, an opening bracket, or nothing.
    Operator,
    /// `.` or `?.`
    Dot,
    /// A value: a name, a literal, or a closing bracket.
    Value,
    /// A keyword that a value follows, such as `return`.
    Keyword,
    /// A keyword with a parenthesis of its own, such as `if`: after that, a regular expression may come.
    Control,
    /// `import`, at that place.
    Import(usize),
}

impl<'a> Scanner<'a> {
    const fn new(source: &'a str) -> Self {
        Self {
            bytes: source.as_bytes(),
            at: 0,
            open: Vec::new(),
            before: Before::Operator,
            calls: Vec::new(),
        }
    }

    fn peek(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    fn run(&mut self) {
        while self.at < self.bytes.len() {
            self.token();
        }
    }

    fn token(&mut self) {
        match self.peek(0) {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
            b'/' if self.peek(1) == b'/' => {
                self.skip_until(|scanner| matches!(scanner.peek(0), b'\n' | b'\r'))
            }
            b'/' if self.peek(1) == b'*' => {
                self.at += 2;
                self.skip_until(|scanner| scanner.peek(0) == b'*' && scanner.peek(1) == b'/');
                self.at += 2;
            }
            b'/' if self.before != Before::Value => self.regular_expression(),
            quote @ (b'"' | b'\'') => self.string(quote),
            b'`' => self.template(),
            b'(' | b'[' | b'{' => self.opening(),
            b')' | b']' | b'}' => self.closing(),
            b'.' if self.peek(1).is_ascii_digit() => self.word(),
            b'.' => {
                // `...` is an operator.
                let spread = self.peek(1) == b'.';
                self.at += if spread { 3 } else { 1 };
                self.before = if spread { Before::Operator } else { Before::Dot };
            }
            byte if is_word(byte) => self.word(),
            // After `x++` a `/` divides; `++/x/` means nothing.
            b'+' | b'-' if self.peek(0) == self.peek(1) => self.at += 2,
            _ => {
                self.at += 1;
                self.before = Before::Operator;
            }
        }
    }

    fn skip_until(&mut self, end: impl Fn(&Self) -> bool) {
        while self.at < self.bytes.len() && !end(self) {
            self.at += 1;
        }
    }

    fn string(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.bytes.len() && self.peek(0) != quote {
            self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        self.before = Before::Value;
    }

    /// From a backtick, or from the end of a substitution, to the next substitution or the end.
    fn template(&mut self) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' => self.at += 2,
                b'`' => {
                    self.at += 1;
                    self.before = Before::Value;
                    return;
                }
                b'$' if self.peek(1) == b'{' => {
                    self.at += 2;
                    self.open.push(Open::Template);
                    self.before = Before::Operator;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn regular_expression(&mut self) {
        self.at += 1;
        let mut in_class = false;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                // None has a line break: it was a division after all.
                b'\n' | b'\r' => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
        self.before = Before::Value;
    }

    fn opening(&mut self) {
        let open = match (self.peek(0), self.before) {
            (b'(', Before::Import(place)) => Open::Parenthesis { after_keyword: false, import: Some(place) },
            (b'(', before) => Open::Parenthesis { after_keyword: before == Before::Control, import: None },
            _ => Open::Other,
        };
        self.open.push(open);
        self.at += 1;
        self.before = Before::Operator;
    }

    fn closing(&mut self) {
        let braces = self.peek(0) == b'}';
        match self.open.pop() {
            // The rest of the template.
            Some(Open::Template) if braces => return self.template(),
            Some(Open::Parenthesis { after_keyword, import }) => {
                self.at += 1;
                self.before = if after_keyword { Before::Operator } else { Before::Value };
                // A method of that name has a body.
                if let Some(place) = import.filter(|_| self.next_significant() != b'{') {
                    self.calls.push(place);
                }
                return;
            }
            _ => {}
        }
        self.at += 1;
        // After a block a regular expression may come, after an object literal a division: both are rare, and a
        // statement is what mostly ends with a brace.
        self.before = if braces { Before::Operator } else { Before::Value };
    }

    /// The next byte that is neither white space nor in a comment.
    fn next_significant(&self) -> u8 {
        let mut ahead = Scanner {
            bytes: self.bytes,
            at: self.at,
            open: Vec::new(),
            before: Before::Value,
            calls: Vec::new(),
        };
        loop {
            let byte = ahead.peek(0);
            let comment = byte == b'/' && matches!(ahead.peek(1), b'/' | b'*');
            if ahead.at >= ahead.bytes.len() || !(byte.is_ascii_whitespace() || comment) {
                return byte;
            }
            ahead.token();
        }
    }

    /// A name, a keyword or a number.
    fn word(&mut self) {
        let start = self.at;
        while is_word(self.peek(0)) || (self.peek(0) == b'.' && self.peek(1).is_ascii_digit()) {
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        self.before = match (self.before, word) {
            (Before::Dot, _) => Before::Value,
            (_, b"import") => Before::Import(start),
            (_, b"if" | b"while" | b"for" | b"with") => Before::Control,
            (
                _,
                b"return" | b"typeof" | b"case" | b"do" | b"else" | b"in" | b"instanceof" | b"new" | b"of"
                | b"void" | b"delete" | b"throw" | b"yield" | b"await" | b"extends",
            ) => Before::Keyword,
            _ => Before::Value,
        };
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'\\') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::{NAME, rename_calls};

    #[track_caller]
    fn check(source: &str, expected: &str) {
        assert_eq!(rename_calls(source), expected.replace('§', NAME), "{source}");
    }

    #[test]
    fn calls_are_renamed() {
        check("import('./a.js')", "§('./a.js')");
        check("const m = await import /* c */ (x + import(y))", "const m = await § /* c */ (x + §(y))");
        check("`${import('a')}` + import(`b${`c`}`)", "`${§('a')}` + §(`b${`c`}`)");
        check("a / import('b') / c", "a / §('b') / c");
        check("if (x) /re/.test(import('a'))", "if (x) /re/.test(§('a'))");
        check("x++ / import('a') / 2; (b) / import('c')", "x++ / §('a') / 2; (b) / §('c')");
    }

    #[test]
    fn nothing_else_is() {
        for source in [
            "import x from './a.js'; import {import as y} from 'b'; import 'c'; import.meta.url",
            "'import(1)' + \"import(2)\" + `import(3) ${0} import(4)`",
            "// import(1)\n/* import(2) */",
            "a.import(1); a?.import(2); a\n  .import(3)",
            "/import(1)/.test(x); return /[/]import(2)/; f(/\\/import(3)/)",
            "class A { import(x) { return x } static import() {} }; o = { import (a, b) /* c */ { } }",
            "const imported = important(1)",
        ] {
            check(source, source);
        }
    }

    #[test]
    fn broken_scripts_end() {
        for source in [
            "import(",
            "import('",
            "`${import(",
            "/import(",
            "import)",
            "}`import(1)",
            "/*import(",
            "import(\\",
        ] {
            let _ = rename_calls(source);
        }
    }
}
