//! [Directionality](https://html.spec.whatwg.org/multipage/dom.html#the-directionality) of elements.

use bgfetch_js::Root;

use super::html_input_element;
use crate::dom::nodes::text_content::descendant_text;
use crate::dom::{Element, HTMLTextAreaElement};

/// Which way text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// What attributes and forms call it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// [The directionality](https://html.spec.whatwg.org/multipage/dom.html#the-directionality) of an element.
pub(crate) fn of(element: &Root<Element>) -> Direction {
    let mut current = Some(element.clone());
    while let Some(element) = current {
        let dir = element.plain_attribute("dir").map(|dir| dir.to_ascii_lowercase()).unwrap_or_default();
        match dir.as_str() {
            "ltr" => return Direction::LeftToRight,
            "rtl" => return Direction::RightToLeft,
            "auto" => return of_text(&text_of(&element)).unwrap_or(Direction::LeftToRight),
            _ => {}
        }
        if html_input_element::of(&element).is_some_and(|input| input.input_type() == "tel") {
            return Direction::LeftToRight;
        }
        if element.is_html_named("bdi") {
            return of_text(&text_of(&element)).unwrap_or(Direction::LeftToRight);
        }
        current = element.parent_as_element();
    }
    Direction::LeftToRight
}

/// The text that says which way an element goes that has `dir=auto`.
fn text_of(element: &Root<Element>) -> String {
    if let Some(input) = html_input_element::of(element) {
        return input.current_value().into_string();
    }
    match element.downcast::<HTMLTextAreaElement>() {
        Some(area) => area.current_value().into_string(),
        None => descendant_text(&element.upcast()).into_string(),
    }
}

/// [By the first character](https://html.spec.whatwg.org/multipage/dom.html#text-node-directionality) that has a direction of its
/// own.
fn of_text(text: &str) -> Option<Direction> {
    text.chars().find_map(|character| match character {
        // The blocks whose characters are of the bidirectional types R and AL.
        '\u{590}'..='\u{8FF}'
        | '\u{FB1D}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFF}'
        | '\u{200F}'
        | '\u{10800}'..='\u{10FFF}'
        | '\u{1E800}'..='\u{1EFFF}' => {
            (character.is_alphabetic() || character == '\u{200F}').then_some(Direction::RightToLeft)
        }
        character => character.is_alphabetic().then_some(Direction::LeftToRight),
    })
}

#[cfg(test)]
mod tests {
    use super::{Direction, of_text};

    #[test]
    fn the_first_letter_says_which_way() {
        assert_eq!(of_text("1. abc"), Some(Direction::LeftToRight));
        assert_eq!(of_text("1. \u{5e9}\u{5dc}\u{5d5}\u{5dd} abc"), Some(Direction::RightToLeft));
        assert_eq!(of_text("123 \u{661}"), None);
    }
}
