//! [`FontFace`](https://drafts.csswg.org/css-font-loading/#fontface).

use std::cell::{Cell, OnceCell, RefCell};

use bgfetch_canvas::Font;
use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Promise, Realm, Reflector, Root, Traced,
    platform_object, trace_fields,
};

use super::descriptors::{COUNT, Descriptor, name_of_family, ranges_of};
use super::loading;
use super::source::{self, FontSource};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{DomStringOrBufferSource, FontFaceDescriptors, FontFaceLoadStatus, FontFaceMethods};
use crate::dom::FontFaceSet;

/// `FontFace`.
pub(crate) struct FontFace {
    reflector: Reflector,
    /// The descriptors, serialized.
    values: RefCell<[String; COUNT]>,
    status: Cell<FontFaceLoadStatus>,
    /// [`[[FontStatusPromise]]`](https://drafts.csswg.org/css-font-loading/#dom-fontface-fontstatuspromise-slot)
    loaded: Traced<Promise<Root<FontFace>>>,
    /// `[[Urls]]`, or what came in place of `[[Data]]`.
    source: RefCell<Source>,
    /// The sets that it is in.
    sets: RefCell<Vec<Member<FontFaceSet>>>,
    font: OnceCell<Font>,
}

/// What a face is made of.
enum Source {
    Urls(Vec<FontSource>),
    Data(Vec<u8>),
    /// Nothing that could be loaded, or it was taken already.
    None,
}

trace_fields!(FontFace { loaded, sets });
platform_object!(FontFace);

fn syntax_error(message: String) -> Exception {
    Exception::dom("SyntaxError", message)
}

impl FontFace {
    /// A descriptor, serialized.
    pub(super) fn value_of(&self, descriptor: Descriptor) -> String {
        self.values.borrow()[descriptor as usize].clone()
    }

    /// The family's name, without quotes.
    pub(super) fn family_name(&self) -> String {
        name_of_family(&self.value_of(Descriptor::Family))
    }

    /// Whether it is for some character of `text`.
    pub(super) fn has_any_of(&self, text: &str) -> bool {
        let ranges = ranges_of(&self.value_of(Descriptor::UnicodeRange));
        let is_in = |character: char| {
            ranges.iter().any(|(start, end)| (*start..=*end).contains(&u32::from(character)))
        };
        text.chars().any(is_in)
    }

    /// How far it is.
    pub(super) fn load_status(&self) -> FontFaceLoadStatus {
        self.status.get()
    }

    /// It is in a set.
    pub(super) fn added_to(&self, set: &Root<FontFaceSet>) {
        self.sets.borrow_mut().push(set.clone().into());
    }

    /// It is no longer in a set.
    pub(super) fn removed_from(&self, set: &Root<FontFaceSet>) {
        self.sets.borrow_mut().retain(|known| **known != *set);
    }

    fn set_value(&self, descriptor: Descriptor, value: &DomString) -> Fallible<()> {
        let parsed = descriptor.parse(value);
        let parsed = parsed
            .ok_or_else(|| syntax_error(format!("{:?} is no value of this descriptor", value.as_str())))?;
        self.values.borrow_mut()[descriptor as usize] = parsed;
        Ok(())
    }

    fn sets(&self) -> Vec<Root<FontFaceSet>> {
        self.sets.borrow().iter().map(|set| (**set).clone()).collect()
    }

    fn begins_to_load(&self, realm: &Realm) -> Fallible<()> {
        self.status.set(FontFaceLoadStatus::Loading);
        let this = self.root();
        self.sets().iter().try_for_each(|set| set.face_began_to_load(realm, &this))
    }

    /// What was loaded is there, or why not.
    fn ended(&self, realm: &Realm, font: Result<Font, Exception>) -> Fallible<()> {
        let this = self.root();
        match font {
            Ok(font) => {
                let _first = self.font.set(font);
                self.status.set(FontFaceLoadStatus::Loaded);
                self.loaded.resolve(realm, this.clone());
            }
            Err(exception) => {
                self.status.set(FontFaceLoadStatus::Error);
                self.loaded.reject(realm, exception);
            }
        }
        self.sets().iter().try_for_each(|set| set.face_ended(realm, &this))
    }

    /// [`load()`](https://drafts.csswg.org/css-font-loading/#dom-fontface-load)
    pub(super) fn begin(&self, realm: &Realm) -> Fallible<Promise<Root<Self>>> {
        // Steps 1 to 3.
        if self.status.get() == FontFaceLoadStatus::Unloaded
            && let Source::Urls(sources) = self.source.replace(Source::None)
        {
            // Step 4.
            self.begins_to_load(realm)?;
            // Step 5.
            let (this, owned) = (self.root(), realm.clone());
            Agent::current().spawn(TaskSource::Networking, realm, async move {
                let font = loading::load(&owned, &sources).await;
                let message =
                    format!("no source of the font {} could be loaded", this.value_of(Descriptor::Family));
                this.ended(&owned, font.ok_or_else(|| Exception::dom("NetworkError", message)))
            });
        }
        Ok((*self.loaded).clone())
    }
}

/// A getter and a setter of a descriptor.
macro_rules! descriptor {
    ($get:ident, $set:ident, $descriptor:ident) => {
        fn $get(&self, _: &Realm) -> Fallible<DomString> {
            Ok(self.value_of(Descriptor::$descriptor).into())
        }

        fn $set(&self, _: &Realm, value: DomString) -> Fallible<()> {
            self.set_value(Descriptor::$descriptor, &value)
        }
    };
}

impl FontFaceMethods for FontFace {
    /// [`new FontFace()`](https://drafts.csswg.org/css-font-loading/#dom-fontface-fontface)
    fn constructor(
        realm: &Realm,
        family: DomString,
        source: DomStringOrBufferSource,
        descriptors: FontFaceDescriptors,
    ) -> Fallible<Self> {
        // Step 1.
        let given = [
            (Descriptor::Family, family),
            (Descriptor::Style, descriptors.style),
            (Descriptor::Weight, descriptors.weight),
            (Descriptor::Stretch, descriptors.stretch),
            (Descriptor::UnicodeRange, descriptors.unicode_range),
            (Descriptor::FeatureSettings, descriptors.feature_settings),
            (Descriptor::VariationSettings, descriptors.variation_settings),
            (Descriptor::Display, descriptors.display),
            (Descriptor::AscentOverride, descriptors.ascent_override),
            (Descriptor::DescentOverride, descriptors.descent_override),
            (Descriptor::LineGapOverride, descriptors.line_gap_override),
        ];
        let mut refused = None;
        let values = given.map(|(descriptor, text)| {
            descriptor.parse(&text).unwrap_or_else(|| {
                refused.get_or_insert_with(|| {
                    format!("{:?} is no value of the descriptor {descriptor:?}", text.as_str())
                });
                String::new()
            })
        });
        // Steps 2 and 3.
        let source = match source {
            DomStringOrBufferSource::BufferSource(data) => Source::Data(data.to_vec(realm)),
            DomStringOrBufferSource::DomString(text) => match source::parse(&text) {
                Some(sources) => Source::Urls(sources),
                None => {
                    refused.get_or_insert_with(|| format!("{:?} names no source of a font", text.as_str()));
                    Source::None
                }
            },
        };
        let loaded = Promise::new(realm)?;
        // The page need not look at it.
        loaded.mark_as_handled();
        let is_refused = refused.is_some();
        if let Some(message) = refused {
            loaded.reject(realm, syntax_error(message));
        }
        Ok(Self {
            reflector: Reflector::new(),
            values: RefCell::new(values),
            status: Cell::new(if is_refused {
                FontFaceLoadStatus::Error
            } else {
                FontFaceLoadStatus::Unloaded
            }),
            loaded: loaded.into(),
            source: RefCell::new(if is_refused { Source::None } else { source }),
            sets: RefCell::default(),
            font: OnceCell::new(),
        })
    }

    /// What is given as bytes is read at once, and told of in a task.
    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        // Step 4.
        let source = this.source.replace(Source::None);
        let Source::Data(data) = source else {
            this.source.replace(source);
            return Ok(());
        };
        this.begins_to_load(realm)?;
        let face = this.clone();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            face.ended(realm, Font::parse(&data).map_err(|error| syntax_error(error.to_string())))
        });
        Ok(())
    }

    descriptor!(family, set_family, Family);
    descriptor!(style, set_style, Style);
    descriptor!(weight, set_weight, Weight);
    descriptor!(stretch, set_stretch, Stretch);
    descriptor!(unicode_range, set_unicode_range, UnicodeRange);
    descriptor!(feature_settings, set_feature_settings, FeatureSettings);
    descriptor!(variation_settings, set_variation_settings, VariationSettings);
    descriptor!(display, set_display, Display);
    descriptor!(ascent_override, set_ascent_override, AscentOverride);
    descriptor!(descent_override, set_descent_override, DescentOverride);
    descriptor!(line_gap_override, set_line_gap_override, LineGapOverride);

    fn status(&self, _: &Realm) -> Fallible<FontFaceLoadStatus> {
        Ok(self.status.get())
    }

    fn loaded(&self, _: &Realm) -> Fallible<Promise<Root<FontFace>>> {
        Ok((*self.loaded).clone())
    }

    fn load(&self, realm: &Realm) -> Fallible<Promise<Root<FontFace>>> {
        self.begin(realm)
    }
}
