//! BLAKE2b and BLAKE2s (RFC 7693) with the whole parameter block: keys, salts and tree hashing.

/// The parameters that both take.
#[derive(Clone)]
pub struct Params {
    pub digest_size: u8,
    pub key: Vec<u8>,
    pub salt: Vec<u8>,
    pub person: Vec<u8>,
    pub fanout: u8,
    pub depth: u8,
    pub leaf_size: u32,
    pub node_offset: u64,
    pub node_depth: u8,
    pub inner_size: u8,
    pub last_node: bool,
}

impl Params {
    pub fn plain(digest_size: u8) -> Params {
        Params {
            digest_size,
            key: Vec::new(),
            salt: Vec::new(),
            person: Vec::new(),
            fanout: 1,
            depth: 1,
            leaf_size: 0,
            node_offset: 0,
            node_depth: 0,
            inner_size: 0,
            last_node: false,
        }
    }
}

const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

macro_rules! blake2 {
    ($name:ident, $word:ty, $count:ty, $block:literal, $rounds:literal, $r:expr, $iv:expr, $offset:expr) => {
        #[derive(Clone)]
        pub struct $name {
            h: [$word; 8],
            t: $count,
            /// Bytes that wait: the last block is treated otherwise, so a full one waits too.
            buffer: [u8; $block],
            used: usize,
            size: u8,
            last_node: bool,
        }

        impl $name {
            pub const BLOCK: usize = $block;
            const IV: [$word; 8] = $iv;

            pub fn new(p: &Params) -> $name {
                const WIDTH: usize = size_of::<$word>();
                let mut block = [0_u8; 8 * WIDTH];
                block[..4].copy_from_slice(&[p.digest_size, p.key.len() as u8, p.fanout, p.depth]);
                block[4..8].copy_from_slice(&p.leaf_size.to_le_bytes());
                let offset: usize = $offset;
                block[8..8 + offset].copy_from_slice(&p.node_offset.to_le_bytes()[..offset]);
                block[8 + offset] = p.node_depth;
                block[9 + offset] = p.inner_size;
                let (salt, person) = (4 * WIDTH, 6 * WIDTH);
                for (to, from) in block[salt..person].iter_mut().zip(&p.salt) {
                    *to = *from;
                }
                for (to, from) in block[person..].iter_mut().zip(&p.person) {
                    *to = *from;
                }
                let mut h = Self::IV;
                for (h, w) in h.iter_mut().zip(block.chunks_exact(WIDTH)) {
                    *h ^= <$word>::from_le_bytes(w.try_into().unwrap_or_default());
                }
                let mut hash = $name {
                    h,
                    t: 0,
                    buffer: [0; $block],
                    used: 0,
                    size: p.digest_size,
                    last_node: p.last_node,
                };
                if !p.key.is_empty() {
                    for (to, from) in hash.buffer.iter_mut().zip(&p.key) {
                        *to = *from;
                    }
                    hash.used = $block;
                }
                hash
            }

            fn compress(&mut self, last: bool) {
                let mut m = [0 as $word; 16];
                for (m, b) in m.iter_mut().zip(self.buffer.chunks_exact(size_of::<$word>())) {
                    *m = <$word>::from_le_bytes(b.try_into().unwrap_or_default());
                }
                let mut v = [0 as $word; 16];
                v[..8].copy_from_slice(&self.h);
                v[8..].copy_from_slice(&Self::IV);
                v[12] ^= self.t as $word;
                v[13] ^= (self.t >> <$word>::BITS) as $word;
                if last {
                    v[14] = !v[14];
                    if self.last_node {
                        v[15] = !v[15];
                    }
                }
                const R: [u32; 4] = $r;
                let g = |v: &mut [$word; 16], a: usize, b: usize, c: usize, d: usize, x: $word, y: $word| {
                    v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
                    v[d] = (v[d] ^ v[a]).rotate_right(R[0]);
                    v[c] = v[c].wrapping_add(v[d]);
                    v[b] = (v[b] ^ v[c]).rotate_right(R[1]);
                    v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
                    v[d] = (v[d] ^ v[a]).rotate_right(R[2]);
                    v[c] = v[c].wrapping_add(v[d]);
                    v[b] = (v[b] ^ v[c]).rotate_right(R[3]);
                };
                for round in 0..$rounds {
                    let s = &SIGMA[round % 10];
                    g(&mut v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
                    g(&mut v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
                    g(&mut v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
                    g(&mut v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
                    g(&mut v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
                    g(&mut v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
                    g(&mut v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
                    g(&mut v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
                }
                for (i, h) in self.h.iter_mut().enumerate() {
                    *h ^= v[i] ^ v[i + 8];
                }
            }

            pub fn update(&mut self, mut data: &[u8]) {
                while !data.is_empty() {
                    if self.used == $block {
                        self.t = self.t.wrapping_add($block);
                        self.compress(false);
                        self.used = 0;
                    }
                    let n = data.len().min($block - self.used);
                    let (now, later) = data.split_at(n);
                    self.buffer[self.used..self.used + n].copy_from_slice(now);
                    self.used += n;
                    data = later;
                }
            }

            pub fn finish(mut self) -> Vec<u8> {
                self.t = self.t.wrapping_add(self.used as $count);
                self.buffer[self.used..].fill(0);
                self.compress(true);
                let mut out: Vec<u8> = self.h.iter().flat_map(|w| w.to_le_bytes()).collect();
                out.truncate(usize::from(self.size));
                out
            }

            pub fn size(&self) -> usize {
                usize::from(self.size)
            }
        }
    };
}

blake2!(
    Blake2b,
    u64,
    u128,
    128,
    12,
    [32, 24, 16, 63],
    [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ],
    8
);

blake2!(
    Blake2s,
    u32,
    u64,
    64,
    10,
    [16, 12, 8, 7],
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,],
    6
);
