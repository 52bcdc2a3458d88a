//! Contents: the same bytes however they are cut, right digests, and no two alike.

use md5::Md5;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use zoom2drive::sandbox::content::{Content, Kind};

const KINDS: [Kind; 7] = [Kind::Mp4, Kind::M4a, Kind::Vtt, Kind::Json, Kind::Txt, Kind::Csv, Kind::Jpg];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_slicing_gives_the_same_bytes(
        kind in 0..7_usize,
        size in 0..300_000_u64,
        seed: u64,
        cuts in prop::collection::vec(1..90_000_usize, 1..12),
    ) {
        let content = Content::new(KINDS[kind], size, seed);
        let whole = content.bytes(0, usize::MAX);
        prop_assert_eq!(whole.len() as u64, size);
        let mut pieces = Vec::new();
        for cut in cuts.iter().cycle() {
            let piece = content.bytes(pieces.len() as u64, *cut);
            if piece.is_empty() {
                break;
            }
            pieces.extend_from_slice(&piece);
        }
        prop_assert!(pieces == whole, "the pieces differ from the whole");
        prop_assert_eq!(content.sha256(), hex::encode(Sha256::digest(&whole)));
        prop_assert_eq!(content.clone().md5(), hex::encode(Md5::digest(&whole)));
    }
}

#[test]
fn a_content_looks_like_its_kind() {
    let start = |kind| Content::new(kind, 1000, 7).bytes(0, 1000);
    assert_eq!(&start(Kind::Mp4)[4..8], b"ftyp");
    assert_eq!(&start(Kind::M4a)[4..8], b"ftyp");
    assert!(start(Kind::Vtt).starts_with(b"WEBVTT"));
    assert!(start(Kind::Jpg).starts_with(&[0xff, 0xd8]));
    let json: serde_json::Value = serde_json::from_slice(&start(Kind::Json)).unwrap();
    assert!(json["text"].is_string());
    for kind in [Kind::Vtt, Kind::Txt, Kind::Csv] {
        assert!(start(kind).is_ascii());
    }
}

#[test]
fn a_byte_in_the_wrong_place_changes_the_digest() {
    let content = Content::new(Kind::Mp4, 5 * 65_536, 7);
    let blocks: Vec<_> = (0..5).map(|block| content.bytes(block * 65_536, 65_536)).collect();
    for (index, block) in blocks.iter().enumerate() {
        assert!(blocks[index + 1..].iter().all(|other| other != block), "two blocks are alike");
    }
    for kind in KINDS {
        // A tiny file has its seed in it, too.
        assert_ne!(Content::new(kind, 60, 1).sha256(), Content::new(kind, 60, 2).sha256());
    }
    assert_eq!(Content::new(Kind::Txt, 0, 1).bytes(0, 10).len(), 0);
    assert_eq!(content.bytes(u64::MAX, 10).len(), 0);
}
