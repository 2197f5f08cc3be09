//! Spoken messages: what Discord wants to know of a file to show it as one. Only Ogg with Opus is (RFC 7845).

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Opus counts samples at this rate, whatever was recorded.
const RATE: u64 = 48_000;
/// Most points of a waveform, and how many there are in a second at most. Source: Discord's documentation.
const MOST_POINTS: usize = 256;
const POINTS_A_SECOND: f64 = 10.0;

/// What is told of a spoken message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spoken {
    seconds: f64,
    waveform: Vec<u8>,
}

impl Spoken {
    /// Returns what stands beside the file's name in `attachments`.
    pub(super) fn told(&self) -> [(&'static str, Value); 2] {
        [("duration_secs", json!(self.seconds)), ("waveform", STANDARD.encode(&self.waveform).into())]
    }
}

/// Reads a file of at most `limit` bytes; `None` if it is no spoken message.
pub(super) async fn read(path: PathBuf, limit: u64) -> Option<Spoken> {
    let read = move || {
        let within = std::fs::metadata(&path).ok().filter(|data| data.is_file() && data.len() <= limit);
        within.and_then(|_| std::fs::read(&path).ok()).and_then(|bytes| spoken(&bytes))
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

/// Measures a stream of Opus in Ogg. The sound itself is not decoded: an encoder spends more bytes where somebody
/// speaks, so the sizes of the packets are a fair picture of it.
fn spoken(bytes: &[u8]) -> Option<Spoken> {
    let first = Page::read(bytes).filter(Page::begins)?;
    let head = first.body.strip_prefix(b"OpusHead")?;
    let skipped = u64::from(u16::from_le_bytes([*head.get(2)?, *head.get(3)?]));
    let (mut at, mut last, mut sizes, mut open) = (first.length, None, Vec::new(), 0);
    while let Some(page) = Page::read(&bytes[at..]) {
        if page.begins() || page.serial != first.serial {
            // Several streams: which one somebody would hear is not ours to guess.
            return None;
        }
        for segment in page.segments {
            open += usize::from(*segment);
            if *segment < u8::MAX {
                sizes.push(std::mem::take(&mut open));
            }
        }
        last = page.position.or(last);
        at += page.length;
    }
    // The first packet on the pages after the head is the comment.
    let packets = sizes.get(1..).filter(|packets| !packets.is_empty())?;
    let samples = last?.checked_sub(skipped).filter(|samples| *samples > 0 && *samples < RATE * LONGEST)?;
    #[expect(clippy::cast_precision_loss, reason = "it is below two to the power of 33")]
    let seconds = samples as f64 / RATE as f64;
    Some(Spoken { seconds, waveform: waveform(packets, seconds) })
}

/// Longer recordings are no spoken messages, in seconds.
const LONGEST: u64 = 24 * 3600;

/// Returns the mean size of the packets in each of equal spans, the loudest being 255.
fn waveform(packets: &[usize], seconds: f64) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is bounded")]
    let wanted = (seconds * POINTS_A_SECOND).ceil().clamp(1.0, 256.0) as usize;
    let points = wanted.min(MOST_POINTS).min(packets.len());
    let mean = |point: usize| {
        let span = &packets[point * packets.len() / points..(point + 1) * packets.len() / points];
        span.iter().sum::<usize>() / span.len().max(1)
    };
    let means: Vec<usize> = (0..points).map(mean).collect();
    let most = means.iter().copied().max().unwrap_or_default().max(1);
    means.into_iter().map(|mean| u8::try_from(mean * 255 / most).unwrap_or(u8::MAX)).collect()
}

/// One page (RFC 3533).
struct Page<'a> {
    begins: bool,
    /// Samples up to its end, if a packet ends on it.
    position: Option<u64>,
    serial: &'a [u8],
    /// How long the parts of its packets are; a packet ends with a part shorter than 255.
    segments: &'a [u8],
    body: &'a [u8],
    length: usize,
}

impl<'a> Page<'a> {
    /// Reads the page at the beginning of `bytes`; `None` if there is no whole one.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        const HEAD: usize = 27;
        const VERSION: u8 = 0;
        const BEGINS: u8 = 2;
        let head = bytes.get(..HEAD).filter(|head| head.starts_with(b"OggS") && head[4] == VERSION)?;
        let position = u64::from_le_bytes(head[6..14].try_into().ok()?);
        let segments = bytes.get(HEAD..HEAD + usize::from(head[26]))?;
        let size = segments.iter().map(|segment| usize::from(*segment)).sum::<usize>();
        let start = HEAD + segments.len();
        Some(Self {
            begins: head[5] & BEGINS != 0,
            position: Some(position).filter(|position| *position != u64::MAX),
            serial: &head[14..18],
            segments,
            body: bytes.get(start..start + size)?,
            length: start + size,
        })
    }

    fn begins(&self) -> bool {
        self.begins
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Writes one page.
    fn page(kind: u8, position: u64, segments: &[u8], body: &[u8]) -> Vec<u8> {
        let mut page = b"OggS\0".to_vec();
        page.push(kind);
        page.extend(position.to_le_bytes());
        page.extend([7; 4]);
        page.extend([0; 8]);
        page.push(u8::try_from(segments.len()).unwrap());
        page.extend(segments);
        page.extend(body);
        page
    }

    /// Writes packets of these sizes as a stream, 20 ms each, up to `end` samples.
    pub(in super::super) fn stream(sizes: &[usize], skip: u16, end: u64) -> Vec<u8> {
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(skip.to_le_bytes());
        head.extend([0; 7]);
        let mut bytes = page(2, 0, &[u8::try_from(head.len()).unwrap()], &head);
        bytes.extend(page(0, 0, &[8], b"OpusTags"));
        let lacing = sizes.iter().flat_map(|size| {
            let full = std::iter::repeat_n(255_u8, size / 255);
            full.chain([u8::try_from(size % 255).unwrap()])
        });
        let lacing: Vec<u8> = lacing.collect();
        for (index, part) in lacing.chunks(255).enumerate() {
            let last = (index + 1) * 255 >= lacing.len();
            let size = part.iter().map(|segment| usize::from(*segment)).sum();
            bytes.extend(page(0, if last { end } else { u64::MAX }, part, &vec![1; size]));
        }
        bytes
    }

    #[test]
    fn a_recording_is_measured() {
        let spoken = spoken(&stream(&[10, 20, 400, 10], 312, 312 + 3840)).unwrap();
        assert_eq!((spoken.seconds, spoken.waveform), (0.08, vec![255]));
        let sizes: Vec<usize> = (0..500).map(|n| if n < 250 { 10 } else { 100 }).collect();
        let spoken = super::spoken(&stream(&sizes, 0, 480_000)).unwrap();
        assert_eq!(spoken.waveform.len(), 100);
        assert_eq!((spoken.waveform[0], spoken.waveform[99]), (25, 255));
    }

    #[test]
    fn what_is_no_opus_in_ogg_is_none() {
        let whole = stream(&[10, 20], 0, 1920);
        let vorbis = page(2, 0, &[7], b"\x01vorbis");
        let two = [whole.clone(), whole.clone()].concat();
        for (what, bytes) in [
            ("nothing", Vec::new()),
            ("mp3", b"ID3\x04\0\0".repeat(9)),
            ("vorbis", vorbis),
            ("only a head", whole[..60].to_vec()),
            ("two streams", two),
            ("no sound", stream(&[10], 312, 312)),
        ] {
            assert_eq!(spoken(&bytes), None, "{what}");
        }
    }

    proptest! {
        #[test]
        fn any_stream_has_its_length_and_a_part_of_it_no_more(
            sizes in prop::collection::vec(0..2000_usize, 1..600),
            skip in 0..4000_u16,
            samples in 1..200_000_000_u32,
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = stream(&sizes, skip, u64::from(skip) + u64::from(samples));
            let whole = spoken(&bytes).unwrap();
            prop_assert!((whole.seconds * 48_000.0 - f64::from(samples)).abs() < 1.0);
            prop_assert!((1..=256).contains(&whole.waveform.len()));
            prop_assert!(whole.waveform.len() <= sizes.len());
            let part = &bytes[..cut.index(bytes.len())];
            prop_assert!(spoken(part).is_none_or(|part| part.seconds <= whole.seconds));
        }

        #[test]
        fn any_bytes_are_read_without_harm(start in 0..120_usize, noise in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = stream(&[30, 600, 3], 5, 4800);
            bytes.truncate(start);
            bytes.extend(noise);
            if let Some(spoken) = spoken(&bytes) {
                prop_assert!(spoken.seconds > 0.0 && spoken.waveform.len() <= MOST_POINTS);
            }
        }
    }
}
