//! Fonts that a page loads.

use std::time::Duration;

use crate::support::{Page, Site};

/// The least that is a font: one glyph, and no outline.
fn font() -> Vec<u8> {
    let mut head = vec![0; 54];
    head[..4].copy_from_slice(&[0, 1, 0, 0]);
    head[18..20].copy_from_slice(&1000_u16.to_be_bytes());
    let mut hhea = vec![0; 36];
    hhea[..4].copy_from_slice(&[0, 1, 0, 0]);
    hhea[35] = 1;
    let maxp = vec![0, 0, 0x50, 0, 0, 1];
    let mut file = vec![0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0];
    let mut offset = 12 + 3 * 16_u32;
    for (tag, table) in [(b"head", &head), (b"hhea", &hhea), (b"maxp", &maxp)] {
        let length = u32::try_from(table.len()).expect("it is short");
        file.extend_from_slice(tag);
        file.extend_from_slice(&[0; 4]);
        file.extend_from_slice(&offset.to_be_bytes());
        file.extend_from_slice(&length.to_be_bytes());
        offset += length;
    }
    [file, head, hhea, maxp].concat()
}

fn page() -> Page {
    Site::default()
        .page("/", "<!DOCTYPE html>")
        .raw("/a.ttf", 200, &[("content-type", "font/ttf")], &font(), Duration::ZERO)
        .with("/wrong.ttf", "font/ttf", "this is no font")
        .open("/")
}

#[test]
fn a_face_is_loaded_from_the_first_source_that_is_a_font() {
    page().check_promises(&[
        (
            "(async () => { const face = new FontFace('A', 'local(A), url(wrong.ttf), url(a.ttf)');
               const before = face.status, promise = face.load(), during = face.status;
               return [before, during, await promise === face, face.status, await face.loaded === face]; })()",
            r#"["unloaded","loading",true,"loaded",true]"#,
        ),
        (
            "(async () => { const face = new FontFace('A', 'url(wrong.ttf), url(missing.ttf)');
               try { await face.load(); } catch (error) { return [error.name, face.status]; } })()",
            r#"["NetworkError","error"]"#,
        ),
        (
            "(async () => { const bytes = await (await fetch('a.ttf')).arrayBuffer();
               const face = new FontFace('A', bytes), wrong = new FontFace('A', new Uint8Array(9));
               const name = await wrong.loaded.catch(error => error.name);
               return [(await face.loaded).status, name, wrong.status]; })()",
            r#"["loaded","SyntaxError","error"]"#,
        ),
    ]);
}

#[test]
fn a_set_tells_when_its_faces_load() {
    page().check_promises(&[(
        "(async () => { const events = [];
           for (const name of ['loading', 'loadingdone', 'loadingerror'])
               document.fonts.addEventListener(name, e => events.push(name + ' ' + e.fontfaces.length));
           const ready = document.fonts.ready; await ready;
           const good = new FontFace('A', 'url(a.ttf)'), bad = new FontFace('B', 'url(missing.ttf)');
           document.fonts.add(good).add(bad).add(good);
           good.load(); bad.load().catch(() => {});
           const during = [document.fonts.status, document.fonts.size, document.fonts.ready === ready];
           await document.fonts.ready;
           await new Promise(done => setTimeout(done));
           return [during, document.fonts.status, events, document.fonts.delete(bad), [...document.fonts].length]; })()",
        r#"[["loading",2,false],"loaded",["loading 0","loadingdone 1","loadingerror 1"],true,1]"#,
    )]);
}

#[test]
fn loading_by_a_font_value_takes_the_face_that_text_would_be_drawn_with() {
    page().check_promises(&[
        (
            "(async () => { const face = (weight, range) => new FontFace('My Font', 'url(a.ttf)', { weight, unicodeRange: range });
               const [light, bold, greek] = [face('300', 'U+0-FF'), face('700', 'U+0-FF'), face('700', 'U+370-3FF')];
               for (const one of [light, bold, greek]) document.fonts.add(one);
               const before = document.fonts.check('bold 12px \"my font\"', 'abc');
               const found = await document.fonts.load('bold 12px/1 \"my font\", serif', 'abc');
               return [before, found.length, found[0] === bold, light.status, greek.status,
                       document.fonts.check('bold 12px \"My Font\"', 'abc'), document.fonts.check('12px Other')]; })()",
            r#"[false,1,true,"unloaded","unloaded",true,true]"#,
        ),
        ("document.fonts.load('12px').catch(error => error.name)", r#""SyntaxError""#),
    ]);
}
