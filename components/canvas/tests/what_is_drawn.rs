//! What comes to be in a bitmap.

use std::rc::Rc;

use bgfetch_canvas::{
    Bitmap, Color, Context, EncodedType, FillRule, Gradient, GradientShape, Operator, Paint, Path, Pattern,
    Pen, PixelRect, Point, Rect, Repetition, decode, encode,
};

fn context() -> Context {
    Context::new(20, 10, true)
}

fn color(text: &str) -> Paint {
    Paint::Color(Color::parse(text, Color::black).expect("it is a colour"))
}

fn pixel(bitmap: &Bitmap, x: i64, y: i64) -> [u8; 4] {
    let data = bitmap.get(PixelRect { x, y, width: 1, height: 1 });
    data.try_into().expect("a pixel has four bytes")
}

fn filled(paint: Paint) -> Context {
    let mut context = context();
    context.state_mut().fill_style = paint;
    context.fill_rect(Rect::new(0.0, 0.0, 20.0, 10.0));
    context
}

const RED: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];
const NOTHING: [u8; 4] = [0; 4];

#[test]
fn a_rectangle_is_filled_to_its_edges_and_no_farther() {
    let mut context = context();
    context.state_mut().fill_style = color("red");
    context.fill_rect(Rect::new(5.0, 2.0, 10.0, 4.0));
    for (x, y, expected) in
        [(5, 2, RED), (14, 5, RED), (4, 2, NOTHING), (15, 5, NOTHING), (5, 1, NOTHING), (5, 6, NOTHING)]
    {
        assert_eq!(pixel(context.bitmap(), x, y), expected, "{x}, {y}");
    }
}

#[test]
fn pixels_outside_of_the_bitmap_are_transparent_black() {
    let context = filled(color("red"));
    let data = context.bitmap().get(PixelRect { x: -1, y: -1, width: 2, height: 2 });
    assert_eq!(data, [NOTHING, NOTHING, NOTHING, RED].concat());
}

#[test]
fn an_operator_that_clears_around_does_so_within_the_clip_only() {
    let mut context = filled(color("red"));
    let mut left = Path::default();
    Pen::new(&mut left, bgfetch_canvas::Matrix::IDENTITY).rect(0.0, 0.0, 10.0, 10.0);
    context.save();
    context.clip(Some(&left), FillRule::NonZero);
    context.state_mut().operator = Operator::of_name("copy").expect("there is such an operator");
    context.state_mut().fill_style = color("lime");
    context.fill_rect(Rect::new(0.0, 0.0, 5.0, 5.0));
    context.restore();
    assert_eq!(pixel(context.bitmap(), 2, 2), GREEN);
    assert_eq!(pixel(context.bitmap(), 2, 7), NOTHING);
    assert_eq!(pixel(context.bitmap(), 15, 7), RED);
}

#[test]
fn a_line_without_length_is_not_drawn_even_with_round_caps() {
    let mut context = context();
    context.state_mut().lines.width = 10.0;
    context.state_mut().lines.cap = bgfetch_canvas::LineCap::Round;
    context.pen().move_to(10.0, 5.0);
    context.pen().line_to(10.0, 5.0);
    context.stroke(None);
    assert_eq!(pixel(context.bitmap(), 10, 5), NOTHING);
}

#[test]
fn a_dashed_line_has_gaps() {
    let mut context = context();
    context.state_mut().lines.width = 2.0;
    context.state_mut().lines.dash_list = vec![5.0, 5.0];
    context.pen().move_to(0.0, 5.0);
    context.pen().line_to(20.0, 5.0);
    context.stroke(None);
    let alphas: Vec<u8> = [2, 7, 12, 17].map(|x| pixel(context.bitmap(), x, 5)[3]).into();
    assert_eq!(alphas, [255, 0, 255, 0]);
}

#[test]
fn the_pen_is_transformed_with_the_path() {
    let mut context = context();
    context.transform(&bgfetch_canvas::Matrix::scaling(1.0, 4.0));
    context.pen().move_to(0.0, 1.25);
    context.pen().line_to(20.0, 1.25);
    context.stroke(None);
    let alphas: Vec<u8> = [2, 3, 6, 7].map(|y| pixel(context.bitmap(), 10, y)[3]).into();
    assert_eq!(alphas, [0, 255, 255, 0]);
}

#[test]
fn a_gradient_goes_from_stop_to_stop() {
    let gradient = Gradient::new(GradientShape::Linear(Point::new(0.0, 0.0), Point::new(20.0, 0.0)));
    for (offset, text) in [(1.0, "white"), (0.0, "black")] {
        gradient.add_color_stop(offset, Color::parse(text, Color::black).expect("it is a colour"));
    }
    let context = filled(Paint::Gradient(Rc::new(gradient)));
    let [first, middle, last] = [0, 10, 19].map(|x| pixel(context.bitmap(), x, 5)[0]);
    assert!(first < 10 && (120..=140).contains(&middle) && last > 245, "{first} {middle} {last}");
}

#[test]
fn a_gradient_without_length_paints_nothing() {
    let point = Point::new(5.0, 5.0);
    let gradient = Gradient::new(GradientShape::Linear(point, point));
    gradient.add_color_stop(0.0, Color::black());
    assert_eq!(pixel(filled(Paint::Gradient(Rc::new(gradient))).bitmap(), 5, 5), NOTHING);
}

#[test]
fn a_pattern_repeats_in_the_directions_asked_for() {
    let mut tile = Context::new(4, 4, true);
    tile.state_mut().fill_style = color("lime");
    tile.fill_rect(Rect::new(0.0, 0.0, 4.0, 4.0));
    for (horizontally, vertically) in [(true, true), (true, false), (false, true), (false, false)] {
        let pattern = Pattern::new(tile.snapshot(), Repetition { horizontally, vertically });
        let context = filled(Paint::Pattern(Rc::new(pattern)));
        let is_painted = |x, y| pixel(context.bitmap(), x, y) == GREEN;
        assert!(is_painted(2, 2));
        assert_eq!(is_painted(12, 2), horizontally);
        assert_eq!(is_painted(2, 7), vertically);
        assert_eq!(is_painted(12, 7), horizontally && vertically);
    }
}

#[test]
fn the_shadow_of_what_lies_outside_is_seen() {
    let mut context = context();
    context.state_mut().shadow.color = Color::parse("lime", Color::black).expect("it is a colour");
    context.state_mut().shadow.offset_x = 30.0;
    context.fill_rect(Rect::new(-30.0, 0.0, 10.0, 10.0));
    assert_eq!(pixel(context.bitmap(), 5, 5), GREEN);
    assert_eq!(pixel(context.bitmap(), 15, 5), NOTHING);
}

#[test]
fn pixels_beside_the_source_rectangle_are_not_sampled() {
    let mut image = filled(color("red"));
    image.state_mut().fill_style = color("lime");
    image.fill_rect(Rect::new(5.0, 0.0, 5.0, 10.0));
    let mut context = context();
    context.draw_image(&image.snapshot(), Rect::new(5.0, 0.0, 5.0, 10.0), Rect::new(0.0, 0.0, 20.0, 10.0));
    for x in [0, 10, 19] {
        assert_eq!(pixel(context.bitmap(), x, 5), GREEN, "{x}");
    }
}

#[test]
fn what_is_tainted_taints_what_it_is_drawn_on() {
    let mut image = Bitmap::new(4, 4);
    image.taint();
    let mut context = context();
    assert!(context.bitmap().is_origin_clean());
    context.draw_image(&image, Rect::new(0.0, 0.0, 4.0, 4.0), Rect::new(0.0, 0.0, 4.0, 4.0));
    assert!(!context.bitmap().is_origin_clean());
}

#[test]
fn a_context_without_alpha_stays_opaque() {
    let mut context = Context::new(20, 10, false);
    assert_eq!(pixel(context.bitmap(), 5, 5), [0, 0, 0, 255]);
    context.fill_rect(Rect::new(0.0, 0.0, 20.0, 10.0));
    context.clear_rect(Rect::new(0.0, 0.0, 20.0, 10.0));
    assert_eq!(pixel(context.bitmap(), 5, 5), [0, 0, 0, 255]);
}

#[test]
fn a_bitmap_that_is_too_large_has_no_pixels_and_takes_no_memory() {
    let mut context = Context::new(u32::MAX, u32::MAX, true);
    context.fill_rect(Rect::new(0.0, 0.0, 10.0, 10.0));
    context.clip(None, FillRule::NonZero);
    assert!(!context.bitmap().has_pixels());
    assert_eq!(pixel(context.bitmap(), 5, 5), NOTHING);
    assert!(encode(context.bitmap(), EncodedType::Png, None).is_none());
}

#[test]
fn a_file_decodes_to_what_was_encoded() {
    let context = filled(color("rgba(255, 0, 0, 0.5)"));
    let file = encode(context.bitmap(), EncodedType::Png, None).expect("there are pixels");
    let decoded = decode(&file).expect("it is an image");
    assert_eq!((decoded.width(), decoded.height()), (20, 10));
    assert_eq!(pixel(&decoded, 5, 5), pixel(context.bitmap(), 5, 5));
    let file = encode(context.bitmap(), EncodedType::Jpeg, Some(1.0)).expect("there are pixels");
    let [red, _, _, alpha] = pixel(&decode(&file).expect("it is an image"), 5, 5);
    assert!((120..=136).contains(&red) && alpha == 255);
}

#[test]
fn a_damaged_file_is_no_image() {
    let file = encode(filled(color("red")).bitmap(), EncodedType::Png, None).expect("there are pixels");
    assert!(decode(&file[..file.len() / 2]).is_none());
    assert!(decode(b"").is_none());
}

#[test]
fn clearing_stops_at_the_clip() {
    let mut context = filled(color("red"));
    let mut left = Path::default();
    Pen::new(&mut left, bgfetch_canvas::Matrix::IDENTITY).rect(0.0, 0.0, 10.0, 10.0);
    context.clip(Some(&left), FillRule::NonZero);
    context.clear_rect(Rect::new(0.0, 0.0, 20.0, 10.0));
    assert_eq!(pixel(context.bitmap(), 5, 5), NOTHING);
    assert_eq!(pixel(context.bitmap(), 15, 5), RED);
}

#[test]
fn a_clip_without_area_lets_nothing_through() {
    let mut context = filled(color("red"));
    context.clip(None, FillRule::NonZero);
    context.state_mut().fill_style = color("lime");
    context.fill_rect(Rect::new(0.0, 0.0, 20.0, 10.0));
    context.clear_rect(Rect::new(0.0, 0.0, 20.0, 10.0));
    assert_eq!(pixel(context.bitmap(), 5, 5), RED);
}

#[test]
fn an_image_that_is_drawn_much_smaller_is_the_mean_of_its_pixels() {
    let mut image = Context::new(15, 16, true);
    for (x, y) in (0..15).flat_map(|x| (0..16).map(move |y| (x, y))).filter(|(x, y)| (x + y) % 2 == 0) {
        image.state_mut().fill_style = color("white");
        image.fill_rect(Rect::new(f64::from(x), f64::from(y), 1.0, 1.0));
    }
    let mut context = context();
    let whole = Rect::new(0.0, 0.0, 15.0, 16.0);
    context.draw_image(&image.snapshot(), whole, Rect::new(0.0, 0.0, 3.0, 2.0));
    for (x, y) in [(0, 0), (1, 1), (2, 0)] {
        let [.., alpha] = pixel(context.bitmap(), x, y);
        assert!((118..=138).contains(&alpha), "{x}, {y}: {alpha}");
    }
    context.state_mut().smoothing_enabled = false;
    context.draw_image(&image.snapshot(), whole, Rect::new(10.0, 0.0, 3.0, 2.0));
    assert!([0, 255].contains(&pixel(context.bitmap(), 10, 0)[3]));
}
