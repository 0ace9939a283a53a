//! The bytes of a pickle on their way out: gathered into frames, handed to a file when a frame is full.

use super::op;
use taipan_vm::prelude::*;

/// Shorter frames are not worth their header.
const FRAME_SIZE_MIN: usize = 4;
/// A frame is closed when it has this size; larger pieces stay outside frames.
pub const FRAME_SIZE_TARGET: usize = 64 * 1024;
const FRAME_HEADER_SIZE: usize = 9;

pub struct Output {
    pub bytes: Vec<u8>,
    /// The file's `write`.
    write: Option<Value>,
    pub framing: bool,
    /// Where the open frame's header lies.
    frame: Option<usize>,
}

impl Output {
    pub fn new(write: Option<Value>) -> Output {
        Output { bytes: Vec::with_capacity(512), write, framing: false, frame: None }
    }

    /// Room for a piece, behind the header of a frame if one is due.
    #[inline]
    pub fn reserve(&mut self, vm: &Vm, more: usize) -> PyResult<()> {
        if self.bytes.capacity() - self.bytes.len() < more + FRAME_HEADER_SIZE
            && self.bytes.try_reserve(more + FRAME_HEADER_SIZE).is_err()
        {
            return Err(vm.memory_error());
        }
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0xFE; FRAME_HEADER_SIZE]);
        }
        Ok(())
    }

    #[inline]
    pub fn put(&mut self, vm: &Vm, bytes: &[u8]) -> PyResult<()> {
        self.reserve(vm, bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// A short header and what it belongs to.
    #[inline]
    pub fn put2(&mut self, vm: &Vm, head: &[u8], body: &[u8]) -> PyResult<()> {
        self.reserve(vm, head.len() + body.len())?;
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(body);
        Ok(())
    }

    /// A short text between its header and what follows it.
    #[inline]
    pub fn put3(&mut self, vm: &Vm, head: [u8; 2], body: &[u8], tail: u8) -> PyResult<()> {
        self.reserve(vm, body.len() + 3)?;
        self.bytes.extend_from_slice(&head);
        self.bytes.extend_from_slice(body);
        self.bytes.push(tail);
        Ok(())
    }

    /// Closes the open frame.
    pub fn commit_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let len = self.bytes.len() - start - FRAME_HEADER_SIZE;
        if len < FRAME_SIZE_MIN {
            self.bytes.drain(start..start + FRAME_HEADER_SIZE);
            return;
        }
        if let Some([code, size @ ..]) = self.bytes.get_mut(start..start + FRAME_HEADER_SIZE) {
            *code = op::FRAME;
            size.copy_from_slice(&(len as u64).to_le_bytes());
        }
    }

    /// Between two values: closes a frame that is full.
    #[inline]
    pub fn boundary(&mut self, vm: &Vm) -> PyResult<()> {
        if !self.is_full() {
            return Ok(());
        }
        self.commit_frame();
        self.flush(vm)
    }

    /// Whether the open frame has to be closed before the next value.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.frame.is_some_and(|start| self.bytes.len() - start >= FRAME_SIZE_TARGET + FRAME_HEADER_SIZE)
    }

    /// Hands what there is to the file, if there is one.
    pub fn flush(&mut self, vm: &Vm) -> PyResult<()> {
        let Some(write) = &self.write else { return Ok(()) };
        let bytes = vm.try_new_bytes(&self.bytes)?;
        Vec::clear(&mut self.bytes);
        vm.call1(write, bytes.as_value())?;
        Ok(())
    }

    /// A piece that stays outside frames if it is large. `payload`: the object with these bytes, if there is one.
    pub fn put_large(&mut self, vm: &Vm, head: &[u8], body: &[u8], payload: Option<&Value>) -> PyResult<()> {
        if body.len() < FRAME_SIZE_TARGET {
            return self.put2(vm, head, body);
        }
        self.commit_frame();
        let framing = std::mem::replace(&mut self.framing, false);
        let done = self.put_outside(vm, head, body, payload);
        self.framing = framing;
        done
    }

    fn put_outside(&mut self, vm: &Vm, head: &[u8], body: &[u8], payload: Option<&Value>) -> PyResult<()> {
        let Some(write) = self.write.clone() else { return self.put2(vm, head, body) };
        self.put(vm, head)?;
        // The bytes are copied before the file's code runs, if they are not an object of their own.
        let payload = match payload {
            Some(v) => v.clone(),
            None => vm.try_new_bytes(body)?.into_value(),
        };
        self.flush(vm)?;
        vm.call1(&write, &payload)?;
        Ok(())
    }
}
