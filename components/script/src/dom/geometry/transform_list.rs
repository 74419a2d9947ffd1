//! [Parses a string into a matrix](https://drafts.csswg.org/geometry-1/#parse-a-string-into-an-abstract-matrix): a list of
//! [transform functions](https://drafts.csswg.org/css-transforms-2/#transform-functions), whose lengths need no layout.

use bgfetch_js::{Exception, Fallible};
use cssparser::{ParseError, Parser, Token};

use super::matrix::Matrix;

type Parsed<T> = Result<T, ParseError<()>>;

/// The matrix that a transform list means.
pub(super) fn parse(text: &str) -> Fallible<Matrix> {
    let mut parser = Parser::new(text);
    if text.is_empty() || parser.try_parse(|parser| alone(parser, "none")).is_ok() {
        return Ok(Matrix::IDENTITY);
    }
    list(&mut parser).map_err(|_| {
        let message = format!("{text:?} is not a list of transform functions, or one of them needs layout");
        Exception::dom("SyntaxError", message)
    })
}

fn alone(parser: &mut Parser<'_>, ident: &str) -> Parsed<()> {
    parser.expect_ident_matching(ident)?;
    Ok(parser.expect_exhausted()?)
}

fn list(parser: &mut Parser<'_>) -> Parsed<Matrix> {
    let mut matrix = Matrix::IDENTITY;
    loop {
        let name = parser.expect_function()?.to_ascii_lowercase();
        matrix = parser.parse_nested_block(|arguments| function(&matrix, &name, arguments))?;
        if parser.is_exhausted() {
            return Ok(matrix);
        }
    }
}

/// The matrix, with a function applied.
fn function(matrix: &Matrix, name: &str, p: &mut Parser<'_>) -> Parsed<Matrix> {
    let (x, y, z) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
    Ok(match name {
        "matrix" => matrix.multiply(&Matrix::new_2d(numbers::<6>(p)?)),
        "matrix3d" => {
            let numbers = numbers::<16>(p)?;
            let (columns, _) = numbers.as_chunks::<4>();
            let columns = columns.try_into().map_err(|_| error())?;
            matrix.multiply(&Matrix::new(columns, false))
        }
        "translate" => {
            let tx = length(p)?;
            let ty = if p.is_exhausted() { 0.0 } else { next(p, length)? };
            matrix.translate(tx, ty, 0.0)
        }
        "translatex" => matrix.translate(length(p)?, 0.0, 0.0),
        "translatey" => matrix.translate(0.0, length(p)?, 0.0),
        "translatez" => in_3d(&matrix.translate(0.0, 0.0, length(p)?)),
        "translate3d" => in_3d(&matrix.translate(length(p)?, next(p, length)?, next(p, length)?)),
        "scale" => {
            let sx = number(p)?;
            let sy = if p.is_exhausted() { sx } else { next(p, number)? };
            matrix.scale([sx, sy, 1.0], [0.0; 3])
        }
        "scalex" => matrix.scale([number(p)?, 1.0, 1.0], [0.0; 3]),
        "scaley" => matrix.scale([1.0, number(p)?, 1.0], [0.0; 3]),
        "scalez" => in_3d(&matrix.scale([1.0, 1.0, number(p)?], [0.0; 3])),
        "scale3d" => in_3d(&matrix.scale(numbers::<3>(p)?, [0.0; 3])),
        "rotate" => matrix.rotate(z, angle(p)?),
        "rotatex" => in_3d(&matrix.rotate(x, angle(p)?)),
        "rotatey" => in_3d(&matrix.rotate(y, angle(p)?)),
        "rotatez" => in_3d(&matrix.rotate(z, angle(p)?)),
        "rotate3d" => {
            let axis = [number(p)?, next(p, number)?, next(p, number)?];
            in_3d(&matrix.rotate(axis, next(p, angle)?))
        }
        "skew" => {
            let ax = angle(p)?;
            let ay = if p.is_exhausted() { 0.0 } else { next(p, angle)? };
            matrix.skew(ax, ay)
        }
        "skewx" => matrix.skew(angle(p)?, 0.0),
        "skewy" => matrix.skew(0.0, angle(p)?),
        "perspective" if p.try_parse(|p| alone(p, "none")).is_ok() => matrix.perspective(None),
        "perspective" => matrix.perspective(Some(length(p)?)),
        _ => return Err(error()),
    })
}

/// The matrix of a function that is [not a 2D one](https://drafts.csswg.org/css-transforms-2/#three-d-transform-functions).
fn in_3d(matrix: &Matrix) -> Matrix {
    Matrix::new(*matrix.columns(), false)
}

fn error() -> ParseError<()> {
    ParseError::unexpected_token()
}

fn next<T>(p: &mut Parser<'_>, parse: fn(&mut Parser<'_>) -> Parsed<T>) -> Parsed<T> {
    p.expect_comma()?;
    parse(p)
}

fn number(p: &mut Parser<'_>) -> Parsed<f64> {
    Ok(f64::from(p.expect_number()?))
}

fn numbers<const N: usize>(p: &mut Parser<'_>) -> Parsed<[f64; N]> {
    let mut numbers = [0.0; N];
    for (index, place) in numbers.iter_mut().enumerate() {
        *place = if index == 0 { number(p)? } else { next(p, number)? };
    }
    Ok(numbers)
}

/// An [absolute length](https://drafts.csswg.org/css-values-4/#absolute-lengths), in pixels.
fn length(p: &mut Parser<'_>) -> Parsed<f64> {
    let (value, unit) = dimension(p)?;
    let pixels = match unit.as_str() {
        "px" => 1.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 96.0 / 25.4,
        "q" => 96.0 / 101.6,
        "pt" => 96.0 / 72.0,
        "pc" => 16.0,
        "" if value == 0.0 => 1.0,
        _ => return Err(error()),
    };
    Ok(value * pixels)
}

/// An [angle](https://drafts.csswg.org/css-values-4/#angles), in degrees.
fn angle(p: &mut Parser<'_>) -> Parsed<f64> {
    let (value, unit) = dimension(p)?;
    match unit.as_str() {
        "deg" => Ok(value),
        "grad" => Ok(value * 0.9),
        "rad" => Ok(value.to_degrees()),
        "turn" => Ok(value * 360.0),
        "" if value == 0.0 => Ok(0.0),
        _ => Err(error()),
    }
}

/// A number with its unit in lower case, which may be missing.
fn dimension(p: &mut Parser<'_>) -> Parsed<(f64, String)> {
    match p.next()? {
        Token::Dimension { value, unit, .. } => Ok((f64::from(*value), unit.to_ascii_lowercase())),
        Token::Number { value, .. } => Ok((f64::from(*value), String::new())),
        _ => Err(error()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn functions_apply_from_the_right() {
        let matrix = parse("translate(10px, 1in) scale(2)").unwrap();
        assert_eq!(matrix.transform([1.0, 1.0, 0.0, 1.0]), [12.0, 98.0, 0.0, 1.0]);
        assert!(matrix.is_2d);
        assert!(!parse("translate3d(1px,2px,0)").unwrap().is_2d);
        assert!(parse("").unwrap().is_identity() && parse(" none ").unwrap().is_identity());
    }

    #[test]
    fn what_needs_layout_or_is_no_list_is_refused() {
        for text in
            ["translate(1em)", "translate(50%)", "scale(1px)", "rotate(1)", "none none", "matrix(1,2)", "x"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
