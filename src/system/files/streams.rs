//! Files that do not fit in memory: read in parts, and stored while they arrive.
//!
//! **Invariant:** what is kept aside has no name, so that nothing of it is left after a kill.

use super::crash_points;
use parking_lot::Mutex;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What is read in parts, in any order: a regular file, or bytes in memory.
#[derive(Debug)]
pub struct Source {
    place: SourceStorage,
    bytes: u64,
}

#[derive(Debug)]
enum SourceStorage {
    File(Mutex<File>),
    Memory(Vec<u8>),
}

impl Source {
    /// Opens a regular file of at most `bytes_max`.
    pub fn open(path: &Path, bytes_max: u64) -> io::Result<Self> {
        let file = super::read::open_to_read(path)?;
        let bytes = file.metadata()?.len();
        if bytes > bytes_max {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("larger than {bytes_max} bytes"),
            ));
        }
        Ok(Source { place: SourceStorage::File(Mutex::new(file)), bytes })
    }

    /// Bytes that are in memory already.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Source { bytes: bytes.len() as u64, place: SourceStorage::Memory(bytes) }
    }

    /// The bytes, where they are in memory.
    pub fn memory(&self) -> Option<&[u8]> {
        match &self.place {
            SourceStorage::File(_) => None,
            SourceStorage::Memory(bytes) => Some(bytes),
        }
    }

    /// All of it, from its beginning.
    pub fn reader(&self) -> SourceReader<'_> {
        SourceReader { source: self, at: 0 }
    }

    /// How many bytes it had when it was opened.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes from `at` on, at most `bytes_max` of them; none at the end.
    pub fn part(&self, at: u64, bytes_max: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.bytes.saturating_sub(at)).unwrap_or(usize::MAX);
        let length = left.min(bytes_max);
        let file = match &self.place {
            SourceStorage::File(file) => file,
            SourceStorage::Memory(bytes) => {
                let begin = usize::try_from(at).unwrap_or(usize::MAX);
                return Ok(bytes.get(begin..).unwrap_or_default()[..length].to_vec());
            }
        };
        let mut part = vec![0; length];
        let mut file = file.lock();
        file.seek(SeekFrom::Start(at))?;
        // A file that has become shorter is no longer the one that was opened.
        file.read_exact(&mut part)?;
        Ok(part)
    }
}

/// Reads a [`Source`].
#[derive(Debug)]
pub struct SourceReader<'a> {
    source: &'a Source,
    at: u64,
}

impl Read for SourceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = self.source.part(self.at, buffer.len())?;
        buffer[..part.len()].copy_from_slice(&part);
        self.at += part.len() as u64;
        Ok(part.len())
    }
}

/// A file without a name, written once and then read.
#[derive(Debug)]
pub struct Spool {
    file: Mutex<File>,
}

impl Spool {
    /// An empty one, on the disk of `folder`.
    pub fn within(folder: &Path) -> io::Result<Self> {
        crash_points::step()?;
        Ok(Spool { file: Mutex::new(tempfile::tempfile_in(folder)?) })
    }

    /// What was written, to be read.
    pub fn finish(self) -> io::Result<Source> {
        let bytes = self.file.lock().metadata()?.len();
        Ok(Source { place: SourceStorage::File(self.file), bytes })
    }

    /// Drops what is in it.
    pub fn clear(&self) -> io::Result<()> {
        let mut file = self.file.lock();
        file.set_len(0)?;
        file.rewind()
    }

    /// Adds to its end.
    pub fn add(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.file.lock();
        file.seek(SeekFrom::End(0))?;
        file.write_all(bytes)
    }

    /// All of it, from its beginning.
    pub fn reader(&self) -> SpoolReader<'_> {
        SpoolReader { spool: self, at: 0 }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a [`Spool`].
#[derive(Debug)]
pub struct SpoolReader<'a> {
    spool: &'a Spool,
    at: u64,
}

impl Read for SpoolReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.spool.file.lock();
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::write_whole;
    use super::*;

    #[test]
    fn a_source_is_read_in_parts_and_only_a_regular_file_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_whole(&path, b"abcdef").unwrap();
        let source = Source::open(&path, 6).unwrap();
        let parts = [0, 4, 6, 9].map(|at| source.part(at, 4).unwrap());
        assert_eq!(parts, [b"abcd".to_vec(), b"ef".to_vec(), Vec::new(), Vec::new()]);
        assert_eq!(Source::open(&path, 5).unwrap_err().to_string(), "larger than 5 bytes");
        assert_eq!(Source::open(folder.path(), 5).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        write_whole(&path, b"abc").unwrap();
        assert_eq!(source.part(3, 9).unwrap(), b"def", "it is the file that was opened");
    }

    #[test]
    fn a_file_that_becomes_shorter_is_not_taken_for_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_whole(&path, b"abcdef").unwrap();
        let source = Source::open(&path, 6).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(3).unwrap();
        assert_eq!(source.part(0, 6).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn bytes_and_what_was_kept_aside_are_read_alike() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::within(folder.path()).unwrap();
        spool.write_all(b"abc").unwrap();
        for source in [spool.finish().unwrap(), Source::of_bytes(b"abc".to_vec())] {
            let mut text = String::new();
            source.reader().read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), source.bytes()), ("abc", 3));
            assert_eq!([1, 3, 9].map(|at| source.part(at, 9).unwrap().len()), [2, 0, 0]);
        }
    }

    #[test]
    fn a_spool_holds_what_came_since_it_was_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::within(folder.path()).unwrap();
        spool.add(b"lost").unwrap();
        spool.clear().unwrap();
        spool.add(b"ab").unwrap();
        let (mut first, mut text) = (spool.reader(), String::new());
        spool.add(b"c").unwrap();
        first.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        assert!(super::super::walk(folder.path()).unwrap().is_empty());
    }
}
