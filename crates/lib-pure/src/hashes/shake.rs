//! SHAKE (FIPS 202): the Keccak sponge with an output of any length.

const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// The permutation Keccak-f[1600].
fn permute(a: &mut [u64; 25]) {
    for constant in ROUNDS {
        let mut c = [0; 5];
        for x in 0..5 {
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }
        for x in 0..5 {
            let d = c[(x + 4) % 5] ^ c[(x + 1) % 5].rotate_left(1);
            for y in 0..5 {
                a[x + 5 * y] ^= d;
            }
        }
        // Rotation and transposition, along the one cycle that moves all lanes but the first.
        let (mut x, mut y) = (1, 0);
        let mut carried = a[1];
        for t in 0..24_u32 {
            (x, y) = (y, (2 * x + 3 * y) % 5);
            let turned = carried.rotate_left(((t + 1) * (t + 2) / 2) % 64);
            carried = std::mem::replace(&mut a[x + 5 * y], turned);
        }
        for y in 0..5 {
            let row = [a[5 * y], a[5 * y + 1], a[5 * y + 2], a[5 * y + 3], a[5 * y + 4]];
            for x in 0..5 {
                a[x + 5 * y] = row[x] ^ (!row[(x + 1) % 5] & row[(x + 2) % 5]);
            }
        }
        a[0] ^= constant;
    }
}

/// A sponge of `RATE` bytes a block.
#[derive(Clone)]
pub struct Shake<const RATE: usize> {
    state: [u64; 25],
    at: usize,
}

impl<const RATE: usize> Default for Shake<RATE> {
    fn default() -> Self {
        Shake { state: [0; 25], at: 0 }
    }
}

impl<const RATE: usize> Shake<RATE> {
    fn mix(&mut self, at: usize, byte: u8) {
        self.state[at / 8] ^= u64::from(byte) << (8 * (at % 8));
    }

    pub fn update(&mut self, data: &[u8]) {
        for &byte in data {
            self.mix(self.at, byte);
            self.at += 1;
            if self.at == RATE {
                permute(&mut self.state);
                self.at = 0;
            }
        }
    }

    pub fn finish(mut self, length: usize) -> Vec<u8> {
        self.mix(self.at, 0x1f);
        self.mix(RATE - 1, 0x80);
        let mut out = Vec::with_capacity(length);
        while out.len() < length {
            permute(&mut self.state);
            let block = self.state.iter().flat_map(|w| w.to_le_bytes());
            out.extend(block.take(RATE.min(length - out.len())));
        }
        out
    }
}
