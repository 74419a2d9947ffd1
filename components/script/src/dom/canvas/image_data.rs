//! [`ImageData`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#imagedata).

use bgfetch_js::{
    ArrayBuffer, Exception, Fallible, Object, Realm, Reflector, Traced, TypedArray, TypedArrayKind,
    platform_object, trace_fields,
};

use crate::bindings::{
    ImageDataArray, ImageDataMethods, ImageDataPixelFormat, ImageDataSettings, PredefinedColorSpace,
};

/// The most bytes of an array of pixels: more than the engine can make one of.
const LONGEST: u64 = (1 << 31) - 1;

/// `ImageData`: pixels of four bytes in sRGB, in an array that script may change.
pub(crate) struct ImageData {
    reflector: Reflector,
    width: u32,
    height: u32,
    data: Traced<TypedArray>,
}

trace_fields!(ImageData { data });
platform_object!(ImageData);

impl ImageData {
    fn new(width: u32, height: u32, data: TypedArray) -> Self {
        Self { reflector: Reflector::new(), width, height, data: data.into() }
    }

    /// Whether there can be an array for so many pixels.
    ///
    /// # Errors
    /// A `RangeError` if not.
    pub(super) fn check_length(width: u32, height: u32) -> Fallible<u64> {
        let length = u64::from(width) * u64::from(height);
        match length.checked_mul(4).filter(|length| *length <= LONGEST) {
            Some(length) => Ok(length),
            None => {
                Err(Exception::range_error(format!("{width} times {height} pixels do not fit in an array")))
            }
        }
    }

    /// Transparent black.
    pub(super) fn blank(realm: &Realm, width: u32, height: u32) -> Fallible<Self> {
        let length = Self::check_length(width, height)?;
        let buffer = ArrayBuffer::zeroed(realm, length)?;
        let length = buffer.len();
        let data = TypedArray::over(realm, TypedArrayKind::Uint8Clamped, &buffer, 0, length)?;
        Ok(Self::new(width, height, data))
    }

    /// Pixels that are not premultiplied.
    pub(super) fn of_bytes(realm: &Realm, width: u32, height: u32, bytes: Vec<u8>) -> Fallible<Self> {
        Ok(Self::new(width, height, TypedArray::from_vec(realm, TypedArrayKind::Uint8Clamped, bytes)?))
    }

    /// What was cloned.
    pub(crate) fn restored(width: u32, height: u32, data: TypedArray) -> Self {
        Self::new(width, height, data)
    }

    /// Width and height.
    pub(crate) const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The array.
    pub(crate) fn array(&self) -> &Object {
        self.data.as_object()
    }

    /// A copy of the pixels; `None` if they are no longer there.
    pub(crate) fn bytes(&self, realm: &Realm) -> Option<Vec<u8>> {
        let bytes = self.data.to_view().to_vec(realm);
        (bytes.len() as u64 == u64::from(self.width) * u64::from(self.height) * 4).then_some(bytes)
    }
}

fn size_error(message: String) -> Exception {
    Exception::dom("IndexSizeError", message)
}

impl ImageDataMethods for ImageData {
    /// [`new ImageData(sw, sh)`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#dom-imagedata)
    fn constructor(realm: &Realm, sw: u32, sh: u32, _: ImageDataSettings) -> Fallible<Self> {
        if sw == 0 || sh == 0 {
            return Err(size_error(format!("an image of {sw} times {sh} pixels has none")));
        }
        Self::blank(realm, sw, sh)
    }

    /// [`new ImageData(data, sw)`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#dom-imagedata-with-data)
    fn constructor_2(
        realm: &Realm,
        data: ImageDataArray,
        sw: u32,
        sh: Option<u32>,
        _: ImageDataSettings,
    ) -> Fallible<Self> {
        // Steps 1 to 4.
        let ImageDataArray::Uint8ClampedArray(array) = data else {
            let message = "image data of the format rgba-unorm8 are in a Uint8ClampedArray";
            return Err(Exception::dom("InvalidStateError", message));
        };
        let (_, _, length) = array.to_view().parts(realm)?;
        if length == 0 || !length.is_multiple_of(4) {
            let message = format!("{length} bytes are not those of whole pixels");
            return Err(Exception::dom("InvalidStateError", message));
        }
        // Steps 5 to 8.
        let pixels = (length / 4) as u64;
        if sw == 0 || !pixels.is_multiple_of(u64::from(sw)) {
            return Err(size_error(format!("{pixels} pixels do not make rows of {sw}")));
        }
        let height = pixels / u64::from(sw);
        if sh.is_some_and(|sh| u64::from(sh) != height) {
            return Err(size_error(format!("{pixels} pixels in rows of {sw} have a height of {height}")));
        }
        let height = u32::try_from(height).map_err(|_| size_error(format!("{height} rows are too many")))?;
        Ok(Self::new(sw, height, array))
    }

    fn width(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.width)
    }

    fn height(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.height)
    }

    fn data(&self, _: &Realm) -> Fallible<ImageDataArray> {
        Ok(ImageDataArray::Uint8ClampedArray((*self.data).clone()))
    }

    fn pixel_format(&self, _: &Realm) -> Fallible<ImageDataPixelFormat> {
        Ok(ImageDataPixelFormat::RgbaUnorm8)
    }

    fn color_space(&self, _: &Realm) -> Fallible<PredefinedColorSpace> {
        Ok(PredefinedColorSpace::Srgb)
    }
}
