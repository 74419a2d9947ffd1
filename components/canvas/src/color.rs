//! [CSS colours](https://drafts.csswg.org/css-color-4/), as the rasterizer has them: in the colour space sRGB.

use cssparser::color::PredefinedColorSpace;
use cssparser::{ParseError, Parser, ToCss};
use cssparser_color::{Color as Parsed, RgbaLegacy, hsl_to_rgb, hwb_to_rgb};

use crate::color_spaces as spaces;

/// A colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Color {
    /// Red, green, blue and alpha, none premultiplied, each from 0 to 1.
    components: [f32; 4],
    /// How it [is serialized](https://html.spec.whatwg.org/multipage/canvas.html#serialisation-of-a-color).
    text: Box<str>,
}

impl Color {
    /// Opaque black.
    #[must_use]
    pub fn black() -> Self {
        Self::of_legacy(RgbaLegacy::new(0, 0, 0, 1.0))
    }

    /// Transparent black.
    #[must_use]
    pub fn transparent_black() -> Self {
        Self::of_legacy(RgbaLegacy::new(0, 0, 0, 0.0))
    }

    /// [Parses a colour](https://drafts.csswg.org/css-color-4/#parse-a-css-color-value), of which `current_color` tells what
    /// `currentcolor` is. `None` if it is none.
    #[must_use]
    pub fn parse(text: &str, current_color: impl FnOnce() -> Self) -> Option<Self> {
        let mut parser = Parser::new(text);
        let parsed = parser.parse_entirely(Parsed::parse);
        if let Ok(parsed) = parsed {
            return Some(Self::of_parsed(&parsed).unwrap_or_else(current_color));
        }
        let keyword = Parser::new(text).parse_entirely(|input| -> Result<_, ParseError<()>> {
            system_color(input.expect_ident()?).ok_or_else(ParseError::unexpected_token)
        });
        keyword.ok().map(|[red, green, blue]| Self::of_legacy(RgbaLegacy::new(red, green, blue, 1.0)))
    }

    fn of_parsed(parsed: &Parsed) -> Option<Self> {
        let number = |component: Option<f32>| component.unwrap_or(0.0);
        let alpha = |alpha: Option<f32>| alpha.unwrap_or(0.0).clamp(0.0, 1.0);
        let legacy = |(red, green, blue): (f32, f32, f32), opacity: Option<f32>| {
            Self::of_legacy(RgbaLegacy::from_floats(red, green, blue, alpha(opacity)))
        };
        let modern = |linear: [f32; 3], opacity: Option<f32>| {
            let [red, green, blue] = spaces::to_gamma_srgb(linear).map(|component| component.clamp(0.0, 1.0));
            Self { components: [red, green, blue, alpha(opacity)], text: parsed.to_css_string().into() }
        };
        let polar = |chroma: Option<f32>, hue: Option<f32>| {
            let (sin, cos) = number(hue).to_radians().sin_cos();
            (number(chroma) * cos, number(chroma) * sin)
        };
        Some(match parsed {
            Parsed::CurrentColor => return None,
            Parsed::Rgba(rgba) => Self::of_legacy(*rgba),
            Parsed::Hsl(hsl) => {
                let hue = number(hsl.hue).rem_euclid(360.0) / 360.0;
                legacy(hsl_to_rgb(hue, number(hsl.saturation), number(hsl.lightness)), hsl.alpha)
            }
            Parsed::Hwb(hwb) => {
                let hue = number(hwb.hue).rem_euclid(360.0) / 360.0;
                legacy(hwb_to_rgb(hue, number(hwb.whiteness), number(hwb.blackness)), hwb.alpha)
            }
            Parsed::Lab(lab) => {
                let linear = spaces::of_lab(number(lab.lightness), number(lab.a), number(lab.b));
                modern(linear, lab.alpha)
            }
            Parsed::Lch(lch) => {
                let (a, b) = polar(lch.chroma, lch.hue);
                modern(spaces::of_lab(number(lch.lightness), a, b), lch.alpha)
            }
            Parsed::Oklab(lab) => {
                let linear = spaces::of_oklab(number(lab.lightness), number(lab.a), number(lab.b));
                modern(linear, lab.alpha)
            }
            Parsed::Oklch(lch) => {
                let (a, b) = polar(lch.chroma, lch.hue);
                modern(spaces::of_oklab(number(lch.lightness), a, b), lch.alpha)
            }
            Parsed::ColorFunction(color) => {
                let components = [number(color.c1), number(color.c2), number(color.c3)];
                if color.color_space == PredefinedColorSpace::Srgb {
                    let [red, green, blue] = components.map(|component| component.clamp(0.0, 1.0));
                    let components = [red, green, blue, alpha(color.alpha)];
                    return Some(Self { components, text: parsed.to_css_string().into() });
                }
                modern(spaces::of_predefined(color.color_space, components), color.alpha)
            }
        })
    }

    fn of_legacy(rgba: RgbaLegacy) -> Self {
        let RgbaLegacy { red, green, blue, alpha } = rgba;
        let text =
            if alpha >= 1.0 { format!("#{red:02x}{green:02x}{blue:02x}") } else { rgba.to_css_string() };
        let unit = |component: u8| f32::from(component) / 255.0;
        Self { components: [unit(red), unit(green), unit(blue), alpha], text: text.into() }
    }

    /// How it [is serialized](https://html.spec.whatwg.org/multipage/canvas.html#serialisation-of-a-color).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether nothing is seen of it.
    pub(crate) fn is_transparent(&self) -> bool {
        self.components[3] == 0.0
    }

    /// For the rasterizer.
    pub(crate) fn to_raster(&self, opacity: f32) -> tiny_skia::Color {
        let [red, green, blue, alpha] = self.components;
        tiny_skia::Color::from_rgba(red, green, blue, (alpha * opacity).clamp(0.0, 1.0))
            .unwrap_or(tiny_skia::Color::TRANSPARENT)
    }
}

/// [System colours](https://drafts.csswg.org/css-color-4/#css-system-colors), with
/// [deprecated ones](https://drafts.csswg.org/css-color-4/#deprecated-system-colors): those of a light colour scheme, whatever the
/// system.
fn system_color(keyword: &str) -> Option<[u8; 3]> {
    const BLACK: [u8; 3] = [0, 0, 0];
    const WHITE: [u8; 3] = [255, 255, 255];
    const GREY: [u8; 3] = [109, 109, 109];
    const FACE: [u8; 3] = [239, 239, 239];
    const BORDER: [u8; 3] = [118, 118, 118];
    const ACCENT: [u8; 3] = [0, 95, 204];
    Some(match keyword.to_ascii_lowercase().as_str() {
        "canvastext" | "buttontext" | "fieldtext" | "marktext" | "captiontext" | "infotext" | "menutext"
        | "windowtext" => BLACK,
        "canvas" | "field" | "highlighttext" | "selecteditemtext" | "accentcolortext" | "appworkspace"
        | "background" | "activecaption" | "inactivecaption" | "infobackground" | "menu" | "scrollbar"
        | "window" => WHITE,
        "buttonface" | "buttonhighlight" | "buttonshadow" | "threedface" => FACE,
        "buttonborder" | "activeborder" | "inactiveborder" | "threeddarkshadow" | "threedhighlight"
        | "threedlightshadow" | "threedshadow" | "windowframe" => BORDER,
        "graytext" | "inactivecaptiontext" => GREY,
        "highlight" | "selecteditem" | "accentcolor" => ACCENT,
        "linktext" => [0, 0, 238],
        "visitedtext" => [85, 26, 139],
        "activetext" => [255, 0, 0],
        "mark" => [255, 255, 0],
        _ => return None,
    })
}
