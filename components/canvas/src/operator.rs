//! [Compositing operators](https://drafts.csswg.org/compositing-1/).

use tiny_skia::BlendMode;

/// What [`globalCompositeOperation`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-globalcompositeoperation) may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operator(BlendMode);

/// Every operator with its name.
const NAMES: [(&str, BlendMode); 27] = [
    ("clear", BlendMode::Clear),
    ("source-over", BlendMode::SourceOver),
    ("source-in", BlendMode::SourceIn),
    ("source-out", BlendMode::SourceOut),
    ("source-atop", BlendMode::SourceAtop),
    ("destination-over", BlendMode::DestinationOver),
    ("destination-in", BlendMode::DestinationIn),
    ("destination-out", BlendMode::DestinationOut),
    ("destination-atop", BlendMode::DestinationAtop),
    ("lighter", BlendMode::Plus),
    ("copy", BlendMode::Source),
    ("xor", BlendMode::Xor),
    ("multiply", BlendMode::Multiply),
    ("screen", BlendMode::Screen),
    ("overlay", BlendMode::Overlay),
    ("darken", BlendMode::Darken),
    ("lighten", BlendMode::Lighten),
    ("color-dodge", BlendMode::ColorDodge),
    ("color-burn", BlendMode::ColorBurn),
    ("hard-light", BlendMode::HardLight),
    ("soft-light", BlendMode::SoftLight),
    ("difference", BlendMode::Difference),
    ("exclusion", BlendMode::Exclusion),
    ("hue", BlendMode::Hue),
    ("saturation", BlendMode::Saturation),
    ("color", BlendMode::Color),
    ("luminosity", BlendMode::Luminosity),
];

impl Operator {
    /// The default.
    pub const SOURCE_OVER: Self = Self(BlendMode::SourceOver);

    /// The operator of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, mode)| Self(*mode))
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, mode)| *mode == self.0).map_or("source-over", |(name, _)| name)
    }

    pub(crate) const fn blend_mode(self) -> BlendMode {
        self.0
    }

    /// Whether it changes what is there where nothing is drawn.
    pub(crate) const fn clears_around(self) -> bool {
        matches!(
            self.0,
            BlendMode::Clear
                | BlendMode::Source
                | BlendMode::SourceIn
                | BlendMode::SourceOut
                | BlendMode::DestinationIn
                | BlendMode::DestinationAtop
        )
    }

    /// Whether nothing is seen of a shadow that is drawn before what it is the shadow of.
    pub(crate) const fn hides_shadows(self) -> bool {
        matches!(self.0, BlendMode::Clear | BlendMode::Source)
    }
}
