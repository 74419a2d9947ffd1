//! Rules about types.

use super::Rules;
use crate::ast::Generic;
use crate::model::{Type, distinguishable};
use crate::source::Span;

impl Rules<'_> {
    /// Checks a type and everything in it.
    pub(super) fn ty(&mut self, ty: &Type, place: Span) {
        let mut found: Vec<(String, &'static str, &'static str)> = Vec::new();
        ty.walk(&mut |ty| match ty {
            Type::Union(members) => {
                for (index, a) in members.iter().enumerate() {
                    for b in members.iter().skip(index + 1) {
                        if !distinguishable(self.world, a, b) {
                            let message = format!("{a} and {b}, of one union, cannot be told apart");
                            found.push((message, "used here", "dfn-distinguishable"));
                        }
                    }
                }
            }
            Type::Nullable(inner) => {
                if let Type::Union(members) = &**inner
                    && members.contains(&Type::Undefined)
                {
                    let message = "a union with undefined is nullable".to_owned();
                    found.push((message, "undefined would be null", "idl-nullable-type"));
                }
            }
            Type::Generic(Generic::ObservableArray, item) => {
                let wrong = match **item {
                    Type::Dictionary(_) => Some("dictionaries"),
                    Type::Record(..) => Some("records"),
                    Type::Generic(Generic::Sequence, _) => Some("sequences"),
                    Type::Generic(Generic::ObservableArray, _) => Some("observable arrays"),
                    _ => None,
                };
                if let Some(what) = wrong {
                    let message = format!("an observable array cannot have {what} for items");
                    found.push((message, "used here", "idl-observable-array"));
                }
            }
            Type::Generic(_, inner) | Type::Record(_, inner)
                if matches!(**inner, Type::Generic(Generic::ObservableArray, _)) =>
            {
                let message = "an observable array is only for attributes".to_owned();
                found.push((message, "used here", "idl-observable-array"));
            }
            _ => {}
        });
        for (message, label, anchor) in found {
            self.wrong(place, message, label, anchor);
        }
    }
}
