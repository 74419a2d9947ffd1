//! [Colour conversions](https://drafts.csswg.org/css-color-4/#color-conversion-code) to linear-light sRGB.

use cssparser::color::PredefinedColorSpace;

type Triple = [f32; 3];
type Table = [Triple; 3];

const XYZ_D65_TO_SRGB: Table = [
    [3.240_97, -1.537_383_2, -0.498_610_76],
    [-0.969_243_65, 1.875_967_5, 0.041_555_06],
    [0.055_630_08, -0.203_976_96, 1.056_971_5],
];
const D50_TO_D65: Table = [
    [0.955_473_4, -0.023_098_54, 0.063_259_31],
    [-0.028_369_7, 1.009_995_5, 0.021_041_4],
    [0.012_314_01, -0.020_507_7, 1.330_366],
];
const P3_TO_XYZ: Table = [
    [0.486_570_95, 0.265_667_7, 0.198_217_29],
    [0.228_974_56, 0.691_738_5, 0.079_286_91],
    [0.0, 0.045_113_38, 1.043_944_4],
];
const A98_TO_XYZ: Table = [
    [0.576_669_04, 0.185_558_24, 0.188_228_65],
    [0.297_344_98, 0.627_363_6, 0.075_291_46],
    [0.027_031_36, 0.070_688_85, 0.991_337_5],
];
/// To XYZ with the white point D50.
const PROPHOTO_TO_XYZ: Table = [
    [0.797_766_6, 0.135_181_3, 0.031_347_73],
    [0.288_071_13, 0.711_835_2, 0.000_093_65],
    [0.0, 0.0, 0.825_104_6],
];
const REC2020_TO_XYZ: Table = [
    [0.636_958, 0.144_616_9, 0.168_880_98],
    [0.262_700_2, 0.677_998_07, 0.059_301_72],
    [0.0, 0.028_072_69, 1.060_985],
];
const OKLAB_TO_LMS: Table = [
    [1.0, 0.396_337_78, 0.215_803_76],
    [1.0, -0.105_561_346, -0.063_854_17],
    [1.0, -0.089_484_18, -1.291_485_5],
];
const LMS_TO_SRGB: Table = [
    [4.076_741_7, -3.307_711_6, 0.230_969_94],
    [-1.268_438, 2.609_757_4, -0.341_319_38],
    [-0.004_196_086, -0.703_418_6, 1.707_614_7],
];

fn multiply(table: &Table, vector: Triple) -> Triple {
    table.map(|row| row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2])
}

/// The transfer function of sRGB and Display P3.
pub(crate) fn to_gamma_srgb(linear: Triple) -> Triple {
    linear.map(|value| {
        let magnitude = value.abs();
        let gamma = if magnitude > 0.003_130_8 {
            1.055 * magnitude.powf(1.0 / 2.4) - 0.055
        } else {
            12.92 * magnitude
        };
        gamma.copysign(value)
    })
}

fn to_linear_srgb(gamma: Triple) -> Triple {
    gamma.map(|value| {
        let magnitude = value.abs();
        let linear =
            if magnitude <= 0.040_45 { magnitude / 12.92 } else { ((magnitude + 0.055) / 1.055).powf(2.4) };
        linear.copysign(value)
    })
}

fn power(value: f32, exponent: f32) -> f32 {
    value.abs().powf(exponent).copysign(value)
}

/// A colour of `lab()`.
pub(crate) fn of_lab(lightness: f32, a: f32, b: f32) -> Triple {
    const KAPPA: f32 = 24389.0 / 27.0;
    const EPSILON: f32 = 216.0 / 24389.0;
    const WHITE: Triple = [0.964_295_7, 1.0, 0.825_104_6];
    let y = (lightness + 16.0) / 116.0;
    let (x, z) = (a / 500.0 + y, y - b / 200.0);
    let of_root = |root: f32| {
        let cube = root.powi(3);
        if cube > EPSILON { cube } else { (116.0 * root - 16.0) / KAPPA }
    };
    let y = if lightness > KAPPA * EPSILON { y.powi(3) } else { lightness / KAPPA };
    let xyz = [of_root(x) * WHITE[0], y * WHITE[1], of_root(z) * WHITE[2]];
    multiply(&XYZ_D65_TO_SRGB, multiply(&D50_TO_D65, xyz))
}

/// A colour of `oklab()`.
pub(crate) fn of_oklab(lightness: f32, a: f32, b: f32) -> Triple {
    let roots = multiply(&OKLAB_TO_LMS, [lightness, a, b]);
    multiply(&LMS_TO_SRGB, roots.map(|root| root.powi(3)))
}

/// A colour of `color()`.
pub(crate) fn of_predefined(space: PredefinedColorSpace, components: Triple) -> Triple {
    let xyz = match space {
        PredefinedColorSpace::Srgb => return to_linear_srgb(components),
        PredefinedColorSpace::SrgbLinear => return components,
        PredefinedColorSpace::DisplayP3 => multiply(&P3_TO_XYZ, to_linear_srgb(components)),
        PredefinedColorSpace::DisplayP3Linear => multiply(&P3_TO_XYZ, components),
        PredefinedColorSpace::A98Rgb => {
            multiply(&A98_TO_XYZ, components.map(|value| power(value, 563.0 / 256.0)))
        }
        PredefinedColorSpace::ProphotoRgb => {
            let linear =
                |value: f32| if value.abs() <= 16.0 / 512.0 { value / 16.0 } else { power(value, 1.8) };
            multiply(&D50_TO_D65, multiply(&PROPHOTO_TO_XYZ, components.map(linear)))
        }
        PredefinedColorSpace::Rec2020 => {
            let (alpha, beta) = (1.099_296_8, 0.018_053_97);
            let linear = |value: f32| {
                if value.abs() < beta * 4.5 {
                    value / 4.5
                } else {
                    ((value.abs() + alpha - 1.0) / alpha).powf(1.0 / 0.45).copysign(value)
                }
            };
            multiply(&REC2020_TO_XYZ, components.map(linear))
        }
        PredefinedColorSpace::XyzD50 => multiply(&D50_TO_D65, components),
        PredefinedColorSpace::XyzD65 => components,
    };
    multiply(&XYZ_D65_TO_SRGB, xyz)
}
