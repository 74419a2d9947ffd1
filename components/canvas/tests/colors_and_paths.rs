//! How colours and paths are read.

use std::f64::consts::{PI, TAU};

use bgfetch_canvas::{Color, Ellipse, FillRule, Matrix, Path, Pen, Point};

fn serialized(text: &str) -> Option<String> {
    Color::parse(text, Color::black).map(|color| color.as_str().to_owned())
}

#[test]
fn colours_are_serialized_as_the_standard_says() {
    for (text, expected) in [
        ("LIME", "#00ff00"),
        ("#abc", "#aabbcc"),
        ("rgb(255, 0, 0, 0.5)", "rgba(255, 0, 0, 0.5)"),
        ("transparent", "rgba(0, 0, 0, 0)"),
        ("hsl(120, 100%, 50%)", "#00ff00"),
        ("hsl(480deg 100% 50%)", "#00ff00"),
        ("currentcolor", "#000000"),
        ("color(srgb 1 0 0)", "color(srgb 1 0 0)"),
        ("CanvasText", "#000000"),
    ] {
        assert_eq!(serialized(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_colour_is_none() {
    for text in ["", "#12", "rgb(1,2)", "red blue", "abc", "rgb(0 0 0"] {
        let color = serialized(text);
        assert!(color.is_none() || text == "rgb(0 0 0", "{text}: {color:?}");
    }
}

fn drawn(draw: impl FnOnce(&mut Pen<'_>)) -> Path {
    let mut path = Path::default();
    draw(&mut Pen::new(&mut path, Matrix::IDENTITY));
    path
}

fn circle(start_angle: f64, end_angle: f64, counterclockwise: bool) -> Path {
    let (centre, radii) = (Point::new(0.0, 0.0), Point::new(10.0, 10.0));
    drawn(|pen| {
        pen.ellipse(&Ellipse { centre, radii, rotation: 0.0, start_angle, end_angle, counterclockwise })
    })
}

#[test]
fn an_arc_goes_the_way_around_that_it_is_told_to() {
    let (right, left) = (Point::new(5.0, 5.0), Point::new(-5.0, -5.0));
    assert!(circle(0.0, TAU, false).contains(left, FillRule::NonZero));
    let clockwise = circle(0.0, PI, false);
    assert!(clockwise.contains(right, FillRule::NonZero) && !clockwise.contains(left, FillRule::NonZero));
    let counterclockwise = circle(0.0, PI, true);
    assert!(
        !counterclockwise.contains(right, FillRule::NonZero)
            && counterclockwise.contains(left, FillRule::NonZero)
    );
}

#[test]
fn the_edge_is_inside() {
    let square = drawn(|pen| pen.rect(0.0, 0.0, 10.0, 10.0));
    for (x, y) in [(0.0, 0.0), (10.0, 5.0), (5.0, 10.0), (10.0, 10.0)] {
        assert!(square.contains(Point::new(x, y), FillRule::NonZero), "{x}, {y}");
    }
    assert!(!square.contains(Point::new(10.01, 5.0), FillRule::NonZero));
}

#[test]
fn a_path_around_a_path_is_a_hole_for_one_rule_only() {
    let rings = drawn(|pen| {
        pen.rect(0.0, 0.0, 30.0, 30.0);
        pen.rect(10.0, 10.0, 10.0, 10.0);
    });
    assert!(rings.contains(Point::new(15.0, 15.0), FillRule::NonZero));
    assert!(!rings.contains(Point::new(15.0, 15.0), FillRule::EvenOdd));
}

#[test]
fn path_data_count_up_to_what_is_wrong_in_them() {
    let path = drawn(|pen| pen.svg_path("M0 0 h10 v10 h-10 z M20 0 L oops"));
    assert!(path.contains(Point::new(5.0, 5.0), FillRule::NonZero));
    assert!(drawn(|pen| pen.svg_path("oops")).is_empty());
}

#[test]
fn numbers_that_are_not_finite_draw_nothing() {
    let path = drawn(|pen| {
        pen.move_to(f64::NAN, 0.0);
        pen.rect(0.0, 0.0, f64::INFINITY, 10.0);
        pen.arc_to(Point::new(0.0, 0.0), Point::new(f64::NAN, 1.0), 5.0);
    });
    assert!(path.is_empty());
}

#[test]
fn an_end_that_is_a_whole_turn_behind_is_all_the_way_around() {
    let left = Point::new(-5.0, 0.0);
    assert!(circle(0.0, TAU, true).contains(left, FillRule::NonZero));
    assert!(circle(0.0, -TAU, false).contains(left, FillRule::NonZero));
}

#[test]
fn a_transformation_that_goes_to_infinity_still_has_an_inside() {
    let mut path = Path::default();
    Pen::new(&mut path, Matrix::scaling(f64::MAX, f64::MAX)).rect(-10.0, -10.0, 20.0, 20.0);
    assert!(path.contains(Point::new(0.0, 0.0), FillRule::NonZero));
}
