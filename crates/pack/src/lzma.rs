//! xz: the containers `.xz` and `.lzma`, raw streams, and chains of filters.

use crate::Step;
use liblzma_sys as l;
use std::ffi::c_void;

pub const RUN: u32 = l::LZMA_RUN;
pub const FINISH: u32 = l::LZMA_FINISH;

/// Options of one filter.
#[derive(Clone, Debug)]
pub enum Options {
    Lzma(Lzma),
    Delta {
        distance: u32,
    },
    /// A filter for machine code.
    Bcj {
        start_offset: u32,
    },
    None,
}

/// Options of LZMA1 and LZMA2.
#[derive(Clone, Copy, Debug)]
pub struct Lzma {
    pub dict_size: u32,
    pub lc: u32,
    pub lp: u32,
    pub pb: u32,
    pub mode: u32,
    pub nice_len: u32,
    pub mf: u32,
    pub depth: u32,
}

impl Lzma {
    /// The library's options for a preset; `None` when there is no such preset.
    pub fn preset(preset: u32) -> Option<Lzma> {
        let mut raw = raw_options();
        // SAFETY: a plain structure to be filled.
        if unsafe { l::lzma_lzma_preset(&raw mut raw, preset) } != 0 {
            return None;
        }
        Some(Lzma::from_raw(&raw))
    }

    fn from_raw(raw: &l::lzma_options_lzma) -> Lzma {
        Lzma {
            dict_size: raw.dict_size,
            lc: raw.lc,
            lp: raw.lp,
            pb: raw.pb,
            mode: raw.mode,
            nice_len: raw.nice_len,
            mf: raw.mf,
            depth: raw.depth,
        }
    }

    fn to_raw(self) -> l::lzma_options_lzma {
        let mut raw = raw_options();
        raw.dict_size = self.dict_size;
        raw.lc = self.lc;
        raw.lp = self.lp;
        raw.pb = self.pb;
        raw.mode = self.mode;
        raw.nice_len = self.nice_len;
        raw.mf = self.mf;
        raw.depth = self.depth;
        raw
    }
}

fn raw_options() -> l::lzma_options_lzma {
    // SAFETY: a plain C structure; the library wants its reserved fields zero.
    unsafe { std::mem::zeroed() }
}

/// A filter of a chain.
#[derive(Clone, Debug)]
pub struct Filter {
    pub id: u64,
    pub options: Options,
}

/// Laid out as the library's own `lzma_options_delta`.
#[repr(C)]
struct RawDelta {
    kind: u32,
    distance: u32,
    reserved: [u32; 6],
    reserved_pointers: [*mut c_void; 2],
}

enum RawOptions {
    None,
    Lzma(Box<l::lzma_options_lzma>),
    Delta(Box<RawDelta>),
    Bcj(Box<l::lzma_options_bcj>),
}

/// A chain as the library wants it; the options live as long as it.
struct Chain {
    filters: Vec<l::lzma_filter>,
    _options: Vec<RawOptions>,
}

impl Chain {
    fn new(filters: &[Filter]) -> Chain {
        let mut raw = Vec::with_capacity(filters.len() + 1);
        let mut options = Vec::with_capacity(filters.len());
        for f in filters {
            let mut held = match &f.options {
                Options::Lzma(o) => RawOptions::Lzma(Box::new(o.to_raw())),
                Options::Delta { distance } => RawOptions::Delta(Box::new(RawDelta {
                    kind: 0,
                    distance: *distance,
                    reserved: [0; 6],
                    reserved_pointers: [std::ptr::null_mut(); 2],
                })),
                Options::None => RawOptions::None,
                Options::Bcj { start_offset } => {
                    RawOptions::Bcj(Box::new(l::lzma_options_bcj { start_offset: *start_offset }))
                }
            };
            let pointer: *mut c_void = match &mut held {
                RawOptions::None => std::ptr::null_mut(),
                RawOptions::Lzma(o) => (&raw mut **o).cast(),
                RawOptions::Delta(o) => (&raw mut **o).cast(),
                RawOptions::Bcj(o) => (&raw mut **o).cast(),
            };
            raw.push(l::lzma_filter { id: f.id, options: pointer });
            options.push(held);
        }
        raw.push(l::lzma_filter { id: u64::MAX, options: std::ptr::null_mut() });
        Chain { filters: raw, _options: options }
    }

    fn as_ptr(&self) -> *const l::lzma_filter {
        self.filters.as_ptr()
    }
}

/// A stream in either direction.
pub struct Stream(Box<l::lzma_stream>);

impl Stream {
    fn start(init: impl FnOnce(*mut l::lzma_stream) -> l::lzma_ret) -> Result<Stream, u32> {
        // SAFETY: all zeroes is `LZMA_STREAM_INIT`.
        let mut s: Stream = Stream(Box::new(unsafe { std::mem::zeroed() }));
        match init(&raw mut *s.0) {
            l::LZMA_OK => Ok(s),
            code => Err(code),
        }
    }

    pub fn easy_encoder(preset: u32, check: u32) -> Result<Stream, u32> {
        // SAFETY: a fresh stream.
        Stream::start(|s| unsafe { l::lzma_easy_encoder(s, preset, check) })
    }

    pub fn xz_encoder(filters: &[Filter], check: u32) -> Result<Stream, u32> {
        let chain = Chain::new(filters);
        // SAFETY: a fresh stream; the library copies the chain.
        Stream::start(|s| unsafe { l::lzma_stream_encoder(s, chain.as_ptr(), check) })
    }

    pub fn alone_encoder(options: &Lzma) -> Result<Stream, u32> {
        let raw = options.to_raw();
        // SAFETY: a fresh stream; the library copies the options.
        Stream::start(|s| unsafe { l::lzma_alone_encoder(s, &raw const raw) })
    }

    pub fn raw_encoder(filters: &[Filter]) -> Result<Stream, u32> {
        let chain = Chain::new(filters);
        // SAFETY: a fresh stream; the library copies the chain.
        Stream::start(|s| unsafe { l::lzma_raw_encoder(s, chain.as_ptr()) })
    }

    pub fn auto_decoder(limit: u64, flags: u32) -> Result<Stream, u32> {
        // SAFETY: a fresh stream.
        Stream::start(|s| unsafe { l::lzma_auto_decoder(s, limit, flags) })
    }

    pub fn xz_decoder(limit: u64, flags: u32) -> Result<Stream, u32> {
        // SAFETY: a fresh stream.
        Stream::start(|s| unsafe { l::lzma_stream_decoder(s, limit, flags) })
    }

    pub fn alone_decoder(limit: u64) -> Result<Stream, u32> {
        // SAFETY: a fresh stream.
        Stream::start(|s| unsafe { l::lzma_alone_decoder(s, limit) })
    }

    pub fn raw_decoder(filters: &[Filter]) -> Result<Stream, u32> {
        let chain = Chain::new(filters);
        // SAFETY: a fresh stream; the library copies the chain.
        Stream::start(|s| unsafe { l::lzma_raw_decoder(s, chain.as_ptr()) })
    }

    pub fn run(&mut self, input: &[u8], room: &mut [u8], action: u32) -> Step {
        let s = &mut *self.0;
        s.next_in = input.as_ptr();
        s.avail_in = input.len();
        s.next_out = room.as_mut_ptr();
        s.avail_out = room.len();
        // SAFETY: initialised; I2.
        let code = unsafe { l::lzma_code(s, action) };
        let step =
            Step { read: input.len() - s.avail_in, written: room.len() - s.avail_out, code: code as i32 };
        s.next_in = std::ptr::null();
        s.avail_in = 0;
        s.next_out = std::ptr::null_mut();
        s.avail_out = 0;
        step
    }

    /// The integrity check of a decoded stream.
    pub fn check(&self) -> u32 {
        // SAFETY: initialised.
        unsafe { l::lzma_get_check(&raw const *self.0) }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: ended once; a stream that was never started is all zeroes, which is allowed.
        unsafe { l::lzma_end(&raw mut *self.0) };
    }
}

pub fn check_is_supported(check: u32) -> bool {
    // SAFETY: no pointers.
    unsafe { l::lzma_check_is_supported(check) != 0 }
}

/// A filter's options as they lie in a header.
pub fn encode_properties(filter: &Filter) -> Result<Vec<u8>, u32> {
    let chain = Chain::new(std::slice::from_ref(filter));
    let mut size = 0;
    // SAFETY: the chain has one filter.
    match unsafe { l::lzma_properties_size(&raw mut size, chain.as_ptr()) } {
        l::LZMA_OK => {}
        code => return Err(code),
    }
    let mut out = vec![0; size as usize];
    // SAFETY: the room is as large as the library asked for.
    match unsafe { l::lzma_properties_encode(chain.as_ptr(), out.as_mut_ptr()) } {
        l::LZMA_OK => Ok(out),
        code => Err(code),
    }
}

/// The opposite.
pub fn decode_properties(id: u64, properties: &[u8]) -> Result<Filter, u32> {
    let mut raw = l::lzma_filter { id, options: std::ptr::null_mut() };
    // SAFETY: the bytes are good for their length; no allocator is the default one.
    let code = unsafe {
        l::lzma_properties_decode(&raw mut raw, std::ptr::null(), properties.as_ptr(), properties.len())
    };
    if code != l::LZMA_OK {
        return Err(code);
    }
    let options = if raw.options.is_null() {
        Options::None
    } else {
        match id {
            l::LZMA_FILTER_LZMA1 | l::LZMA_FILTER_LZMA2 => {
                // SAFETY: the library made options of this filter.
                Options::Lzma(Lzma::from_raw(unsafe { &*raw.options.cast::<l::lzma_options_lzma>() }))
            }
            l::LZMA_FILTER_DELTA => {
                // SAFETY: as above.
                Options::Delta { distance: unsafe { (*raw.options.cast::<RawDelta>()).distance } }
            }
            _ => {
                // SAFETY: as above.
                let start_offset = unsafe { (*raw.options.cast::<l::lzma_options_bcj>()).start_offset };
                Options::Bcj { start_offset }
            }
        }
    };
    // A chain of one filter, for the library to free.
    let mut chain = [
        l::lzma_filter { id, options: raw.options },
        l::lzma_filter { id: u64::MAX, options: std::ptr::null_mut() },
    ];
    // SAFETY: frees what the library allocated above.
    unsafe { l::lzma_filters_free(chain.as_mut_ptr(), std::ptr::null()) };
    Ok(Filter { id, options })
}
