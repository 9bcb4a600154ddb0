//! The one text in a pickle, read without running anything: every opcode but those of a lone string is refused.

/// The string that a pickle of any protocol holds, where it holds one string and nothing else.
pub(super) fn text(bytes: &[u8]) -> Result<String, &'static str> {
    const CUT: &str = "the pickle is cut";
    let mut rest = bytes;
    let mut found = None;
    loop {
        let (&code, tail) = rest.split_first().ok_or(CUT)?;
        rest = tail;
        let width = match code {
            0x80 => {
                rest = rest.get(1..).ok_or(CUT)?;
                continue;
            }
            // a frame's length, memo opcodes
            0x95 => {
                rest = rest.get(8..).ok_or(CUT)?;
                continue;
            }
            0x94 => continue,
            b'q' => {
                rest = rest.get(1..).ok_or(CUT)?;
                continue;
            }
            b'r' => {
                rest = rest.get(4..).ok_or(CUT)?;
                continue;
            }
            0x8c => 1,
            b'X' => 4,
            0x8d => 8,
            b'.' => return found.ok_or("the pickle holds no text"),
            _ => return Err("the pickle holds something else than one text"),
        };
        if found.is_some() {
            return Err("the pickle holds more than one text");
        }
        let length = rest.get(..width).ok_or(CUT)?;
        let length = length.iter().rev().fold(0_u64, |acc, byte| acc << 8 | u64::from(*byte));
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(width)).ok_or(CUT)?;
        let body = rest.get(width..end).ok_or(CUT)?;
        found = Some(
            std::str::from_utf8(body).map_err(|_utf8: std::str::Utf8Error| "the pickled text is not UTF-8")?.to_owned(),
        );
        rest = &rest[end..];
    }
}
