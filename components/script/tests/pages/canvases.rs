//! Canvases: what a page draws, and where it may take it.

use std::time::Duration;

use crate::support::Site;

/// Helpers of a page: a canvas filled with a colour, and the bytes of a pixel.
const HELPERS: &str = r#"<!DOCTYPE html><body><script>
    function filled(color, width = 4, height = 4) {
        const canvas = document.createElement("canvas");
        canvas.width = width; canvas.height = height;
        const context = canvas.getContext("2d");
        context.fillStyle = color;
        context.fillRect(0, 0, width, height);
        return canvas;
    }
    function pixel(canvas, x = 1, y = 1) {
        const copy = document.createElement("canvas").getContext("2d");
        copy.drawImage(canvas, 0, 0);
        return [...copy.getImageData(x, y, 1, 1).data];
    }
</script>"#;

fn site(html: &str) -> Site {
    Site::default().page("/", &format!("{HELPERS}{html}"))
}

#[test]
fn a_file_of_a_canvas_is_an_image_again() {
    let page = site("").open("/");
    page.check_promises(&[
        (
            "(async () => { const image = new Image(); 
               const blob = await new Promise(done => filled('lime').toBlob(done));
               image.src = URL.createObjectURL(blob); await image.decode();
               return [image.naturalWidth, ...pixel(image)]; })()",
            "[4,0,255,0,255]",
        ),
        (
            "(async () => { const blob = await new Promise(done => filled('blue').toBlob(done));
               const bitmap = await createImageBitmap(blob, { resizeWidth: 8 });
               return [blob.type, bitmap.width, bitmap.height, ...pixel(bitmap, 7, 7)]; })()",
            r#"["image/png",8,8,0,0,255,255]"#,
        ),
        ("filled('red').toDataURL('image/jpeg', 0.5).slice(0, 23)", r#""data:image/jpeg;base64,""#),
        ("filled('red', 0, 0).toDataURL()", r#""data:,""#),
    ]);
}

#[test]
fn what_comes_from_another_origin_can_be_drawn_but_not_read() {
    let file = png();
    let headers = [("content-type", "image/png")];
    let allowed = [("content-type", "image/png"), ("access-control-allow-origin", "*")];
    let page = site("")
        .raw("https://other.test/a.png", 200, &headers, &file, Duration::ZERO)
        .raw("https://other.test/b.png", 200, &allowed, &file, Duration::ZERO)
        .open("/");
    let drawn = |url: &str, cors: &str| {
        format!(
            "(async () => {{ const image = new Image(); {cors} image.src = {url:?}; await image.decode();
               const context = filled('red').getContext('2d'); context.drawImage(image, 0, 0);
               const read = what => {{ try {{ what(); return 'read'; }} catch (error) {{ return error.name; }} }};
               const pattern = filled('red').getContext('2d');
               pattern.fillStyle = pattern.createPattern(image, ''); pattern.fillRect(0, 0, 1, 1);
               return [read(() => context.getImageData(0, 0, 1, 1)), read(() => context.canvas.toDataURL()),
                       read(() => pattern.canvas.toDataURL())]; }})()"
        )
    };
    page.check_promises(&[
        (&drawn("https://other.test/a.png", ""), r#"["SecurityError","SecurityError","SecurityError"]"#),
        (&drawn("https://other.test/b.png", "image.crossOrigin = '';"), r#"["read","read","read"]"#),
    ]);
}

#[test]
fn a_placeholder_shows_what_its_offscreen_canvas_drew_once_the_task_has_ended() {
    let page = site("").open("/");
    page.check_promises(&[(
        "(async () => { const canvas = document.createElement('canvas');
           const offscreen = canvas.transferControlToOffscreen();
           offscreen.width = offscreen.height = 6;
           const context = offscreen.getContext('2d'); context.fillStyle = 'lime'; context.fillRect(0, 0, 6, 6);
           const before = [canvas.width, ...pixel(canvas)];
           await new Promise(done => setTimeout(done));
           return [before, [canvas.width, ...pixel(canvas)]]; })()",
        "[[300,0,0,0,0],[6,0,255,0,255]]",
    )]);
}

#[test]
fn states_keep_the_objects_that_are_their_styles() {
    let page = site("").open("/");
    page.check_promises(&[(
        "(() => { const context = filled('red').getContext('2d');
           const gradient = context.createLinearGradient(0, 0, 4, 0);
           context.fillStyle = gradient; context.save(); context.fillStyle = '#abc'; const inner = context.fillStyle;
           context.fillStyle = 'nonsense'; const same = context.fillStyle; context.restore();
           return [inner, same, context.fillStyle === gradient, context.strokeStyle]; })()",
        "[\"#aabbcc\",\"#aabbcc\",true,\"#000000\"]",
    )]);
}

#[test]
fn an_image_bitmap_is_gone_once_it_was_sent() {
    let page = site("").open("/");
    page.check_promises(&[(
        "(async () => { const bitmap = await createImageBitmap(filled('lime'));
           const sent = structuredClone(bitmap, { transfer: [bitmap] });
           let again; try { structuredClone(bitmap); } catch (error) { again = error.name; }
           return [bitmap.width, sent.width, again, ...pixel(sent)]; })()",
        r#"[0,4,"DataCloneError",0,255,0,255]"#,
    )]);
}

/// A file of one red pixel.
fn png() -> Vec<u8> {
    let bitmap = bgfetch_canvas::Bitmap::from_rgba(1, 1, &[255, 0, 0, 255]);
    bgfetch_canvas::encode(&bitmap, bgfetch_canvas::EncodedType::Png, None).expect("there is a pixel")
}
