//! `_opcode`: the instruction table as `opcode` and `dis` show it.

use taipan_bytecode::operand::Kind;
use taipan_bytecode::{GENERAL, Op, instruction_text, jump_target};
use taipan_vm::prelude::*;
use taipan_vm::types::code::Code;

/// Whether an instruction has an operand of one of these kinds.
fn has(number: i32, kinds: &[Kind]) -> bool {
    let op = u8::try_from(number).ok().and_then(Op::from_u8);
    op.is_some_and(|op| op.info().operands.iter().any(|o| kinds.contains(&o.kind)))
}

#[pymodule(name = "_opcode")]
pub mod opcode {
    use super::*;

    /// Instructions of CPython are not what runs here, nor are their specialised forms.
    #[pyconst]
    const ENABLE_SPECIALIZATION: bool = false;

    #[pyconst]
    const ENABLE_SPECIALIZATION_FT: bool = false;

    /// The names of all instructions, by number.
    #[pyfn("names()")]
    fn names(vm: &Vm) -> Vec<Value> {
        GENERAL.iter().map(|op| vm.new_str(op.name()).into_value()).collect()
    }

    /// (index, number, name, operands as text, index of the jump's target or None) of each instruction.
    #[pyfn("instructions(code, /)")]
    fn instructions(vm: &Vm, code: &Gc<Code>) -> Vec<Value> {
        let data = &code.data;
        let mut out = Vec::new();
        let mut pc = 0;
        while let Some(i) = data.instr(pc) {
            let op = i.op();
            let text = instruction_text(data, pc);
            let operands = text.strip_prefix(op.name()).unwrap_or(&text).trim();
            let target = match jump_target(i, pc) {
                Some(t) => vm.new_int(t),
                None => Value::NONE,
            };
            let row = vec![
                vm.new_int(pc as i64),
                vm.new_int(i.opcode() as i64),
                vm.new_str(op.name()).into_value(),
                vm.new_str(operands).into_value(),
                target,
            ];
            out.push(vm.new_tuple(row).into_value());
            pc += if op.has_ext() { 2 } else { 1 };
        }
        out
    }

    /// (start, end, target, depth) of each entry of the exception table.
    #[pyfn("handlers(code, /)")]
    fn handlers(vm: &Vm, code: &Gc<Code>) -> Vec<Value> {
        let rows = code.data.exceptions.iter();
        rows.map(|h| {
            let row = [h.start, h.end, h.target, h.depth].map(|n| vm.new_int(n as i64));
            vm.new_tuple(row.to_vec()).into_value()
        })
        .collect()
    }

    /// Compute the stack effect of the opcode.
    ///
    /// A register machine's instructions have none.
    #[pyfn("stack_effect(opcode, oparg=None, /, *, jump=None)")]
    fn stack_effect(vm: &Vm, opcode: i32, _oparg: &Value, _jump: &Value) -> PyResult<i32> {
        match u8::try_from(opcode).ok().and_then(Op::from_u8) {
            Some(_) => Ok(0),
            None => Err(vm.value_error("invalid opcode or oparg")),
        }
    }

    #[pyfn("is_valid(opcode)")]
    fn is_valid(_vm: &Vm, opcode: i32) -> bool {
        u8::try_from(opcode).ok().and_then(Op::from_u8).is_some_and(Op::is_general)
    }

    #[pyfn("has_arg(opcode)")]
    fn has_arg(_vm: &Vm, opcode: i32) -> bool {
        u8::try_from(opcode).ok().and_then(Op::from_u8).is_some_and(|op| !op.info().operands.is_empty())
    }

    #[pyfn("has_const(opcode)")]
    fn has_const(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, &[Kind::Const, Kind::CodeConst])
    }

    #[pyfn("has_name(opcode)")]
    fn has_name(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, &[Kind::Name, Kind::Site])
    }

    #[pyfn("has_jump(opcode)")]
    fn has_jump(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, &[Kind::Target])
    }

    #[pyfn("has_free(opcode)")]
    fn has_free(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, &[Kind::Free])
    }

    #[pyfn("has_local(opcode)")]
    fn has_local(_vm: &Vm, opcode: i32) -> bool {
        has(opcode, &[Kind::Local])
    }

    #[pyfn("has_exc(opcode)")]
    fn has_exc(_vm: &Vm, _opcode: i32) -> bool {
        false
    }

    #[pyfn("get_executor(*, code, offset)")]
    fn get_executor(_vm: &Vm, _code: &Value, _offset: &Value) -> Value {
        Value::NONE
    }
}
