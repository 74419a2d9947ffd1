//! [`Blob`](https://w3c.github.io/FileAPI/#blob-section).

use bgfetch_js::{
    ArrayBuffer, DomString, Exception, Fallible, Promise, Realm, Reflector, Root, ToJs, TypedArray,
    TypedArrayKind, Value, platform_object, trace_fields,
};
use bgfetch_traits::body::BodyReader;
use bytes::Bytes;

use crate::agent::{Agent, TaskSource};
use crate::bindings::{BlobMethods, BlobPart, BlobPropertyBag, EndingType};
use crate::dom::ReadableStream;
use crate::dom::encoding::text_decoder_stream::decode_utf8_stream;

/// `Blob`.
pub(crate) struct Blob {
    reflector: Reflector,
    data: BlobData,
}

trace_fields!(Blob {});
platform_object!(Blob);

/// Bytes and type of a blob, shared by every object that shows them.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlobData {
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// MIME type, lower case; empty if it is not known.
    pub(crate) mime_type: String,
}

/// The bytes that a page can put together in one blob: as many as script may use of memory.
const LONGEST: usize = 512 << 20;

impl BlobData {
    /// [Processes blob parts](https://w3c.github.io/FileAPI/#process-blob-parts).
    ///
    /// # Errors
    /// A `RangeError` if they are more bytes than a blob can have: a blob of blobs is soon larger than the machine.
    pub(super) fn of_parts(realm: &Realm, parts: Vec<BlobPart>, options: &BlobPropertyBag) -> Fallible<Self> {
        let mut whole = Vec::new();
        for part in parts {
            match part {
                BlobPart::UsvString(text) if options.endings == EndingType::Native => {
                    append(&mut whole, text.replace("\r\n", "\n").replace('\r', "\n").as_bytes())?;
                }
                BlobPart::UsvString(text) => append(&mut whole, text.as_bytes())?,
                BlobPart::BufferSource(source) => append(&mut whole, &source.to_vec(realm))?,
                BlobPart::Blob(blob) => append(&mut whole, &blob.data.bytes)?,
            }
        }
        Ok(Self { bytes: whole.into(), mime_type: normalize_type(&options.type_) })
    }
}

fn append(whole: &mut Vec<u8>, bytes: &[u8]) -> Fallible<()> {
    let fits = whole.len().checked_add(bytes.len()).is_some_and(|length| length <= LONGEST);
    if !fits || whole.try_reserve(bytes.len()).is_err() {
        return Err(Exception::range_error("there is no memory for a blob of that size"));
    }
    whole.extend_from_slice(bytes);
    Ok(())
}

/// Types with characters outside of printable ASCII count as unknown.
fn normalize_type(text: &str) -> String {
    let printable = text.chars().all(|character| (' '..='~').contains(&character));
    if printable { text.to_ascii_lowercase() } else { String::new() }
}

impl Blob {
    /// A blob of these bytes.
    pub(crate) const fn of(data: BlobData) -> Self {
        Self { reflector: Reflector::new(), data }
    }

    /// Its bytes and type.
    pub(crate) fn data(&self) -> BlobData {
        self.data.clone()
    }

    /// Its bytes as a body.
    pub(crate) fn reader(&self) -> BodyReader {
        BodyReader::from_bytes(self.data.bytes.clone())
    }

    /// A promise for something made of the bytes, which is there in a task of its own, as read files are.
    fn read<T: 'static>(
        &self,
        realm: &Realm,
        convert: impl FnOnce(&Realm, Bytes) -> Fallible<Value> + 'static,
    ) -> Fallible<Promise<T>> {
        let promise = Promise::new(realm)?;
        let (waiting, bytes) = (promise.clone(), self.data.bytes.clone());
        Agent::current().queue_global(TaskSource::FileReading, realm, move |realm| {
            match convert(realm, bytes) {
                Ok(value) => waiting.resolve_with(realm, &value),
                Err(exception) => waiting.reject(realm, exception),
            }
            Ok(())
        });
        Ok(promise)
    }
}

impl BlobMethods for Blob {
    fn constructor(
        realm: &Realm,
        blob_parts: Option<Vec<BlobPart>>,
        options: BlobPropertyBag,
    ) -> Fallible<Self> {
        Ok(Self::of(BlobData::of_parts(realm, blob_parts.unwrap_or_default(), &options)?))
    }

    fn size(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.data.bytes.len() as u64)
    }

    fn type_(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.data.mime_type.as_str().into())
    }

    /// [`slice()`](https://w3c.github.io/FileAPI/#slice-method-algo)
    fn slice(
        &self,
        realm: &Realm,
        start: Option<i64>,
        end: Option<i64>,
        content_type: Option<DomString>,
    ) -> Fallible<Root<Self>> {
        let size = i64::try_from(self.data.bytes.len()).unwrap_or(i64::MAX);
        let relative = |place: i64| if place < 0 { (size + place).max(0) } else { place.min(size) };
        let start = relative(start.unwrap_or(0));
        let end = relative(end.unwrap_or(size)).max(start);
        let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
        let mime_type = content_type.map_or_else(String::new, |text| normalize_type(&text));
        realm.wrap(Self::of(BlobData { bytes: self.data.bytes.slice(start..end), mime_type }))
    }

    fn stream(&self, realm: &Realm) -> Fallible<Root<ReadableStream>> {
        ReadableStream::from_reader(realm, self.reader())
    }

    /// [`textStream()`](https://w3c.github.io/FileAPI/#dom-blob-textstream)
    fn text_stream(&self, realm: &Realm) -> Fallible<Root<ReadableStream>> {
        decode_utf8_stream(realm, &ReadableStream::from_reader(realm, self.reader())?)
    }

    fn text(&self, realm: &Realm) -> Fallible<Promise<String>> {
        self.read(realm, |realm, bytes| {
            encoding_rs::UTF_8.decode_with_bom_removal(&bytes).0.into_owned().to_js(realm)
        })
    }

    fn array_buffer(&self, realm: &Realm) -> Fallible<Promise<ArrayBuffer>> {
        self.read(realm, |realm, bytes| ArrayBuffer::from_vec(realm, bytes.into())?.to_js(realm))
    }

    fn bytes(&self, realm: &Realm) -> Fallible<Promise<TypedArray>> {
        self.read(realm, |realm, bytes| {
            TypedArray::from_vec(realm, TypedArrayKind::Uint8, bytes.into())?.to_js(realm)
        })
    }
}
