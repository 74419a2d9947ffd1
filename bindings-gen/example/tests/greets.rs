//! The example of `bindings-gen/docs/interface.md`: what a script gives.

use bindings_gen_example::evaluate;

const LINES: [(&str, &str); 8] = [
    ("new Greeter('Ada').greet()", "Hello, Ada."),
    ("new Greeter('Ada').greet({ word: 'Good morning', loud: 1 })", "Good morning, Ada!"),
    ("var g = new Greeter('Ada'); g.name = 'Grace'; g.greet()", "Hello, Grace."),
    ("new Greeter()", "threw TypeError: at least 1 argument required, but only 0 passed"),
    (
        "new Greeter('Ada').greet(1)",
        "threw TypeError: options: the value is not an object, as a Greeting must be",
    ),
    (
        "Greeter.prototype.greet.call({})",
        "threw TypeError: illegal invocation: this is not an object of interface Greeter",
    ),
    ("Greeter.length + Greeter.prototype.greet.length", "1"),
    ("this instanceof Window", "true"),
];

#[test]
fn the_greeter_greets() {
    for (script, expected) in LINES {
        assert_eq!(evaluate(script).as_deref(), Ok(expected), "{script}");
    }
}
