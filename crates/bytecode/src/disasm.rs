//! Byte code as text, for golden tests, `dis` and `taipan show`.

use std::fmt::Write;

use crate::code::CodeData;
use crate::consts::Const;
use crate::instr::Instr;
use crate::intrinsic::{CommonConstant, Imm, Intrinsic1, Intrinsic2};
use crate::op::Op;
use crate::operand::{Field, Kind};
use crate::usage::jump_target;

fn register(code: &CodeData, index: usize) -> String {
    let (locals, first) = (code.nlocals as usize, code.first_temp());
    if index < locals {
        code.varnames.text(index).into_owned()
    } else if index < first {
        format!("cell:{}", code.cellvars.text(index - locals))
    } else {
        format!("${}", index - first)
    }
}

fn constant(c: &Const) -> String {
    let list = |items: &[Const]| items.iter().map(constant).collect::<Vec<_>>().join(", ");
    match c {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "Ellipsis".into(),
        Const::Int(n) => n.to_string(),
        Const::BigInt { negative, magnitude } => {
            let sign = if *negative { "-" } else { "" };
            let hex: String = magnitude.iter().rev().map(|b| format!("{b:02x}")).collect();
            format!("{sign}0x{}", hex.trim_start_matches('0'))
        }
        Const::Float(f) => format!("{f:?}"),
        Const::Complex(re, im) => format!("({re:?}+{im:?}j)"),
        Const::Str(s) => format!("{:?}", String::from_utf8_lossy(s)),
        Const::Bytes(b) => format!("b{:?}", String::from_utf8_lossy(b)),
        Const::Tuple(items) => format!("({})", list(items)),
        Const::FrozenSet(items) => format!("frozenset({{{}}})", list(items)),
        Const::Slice(parts) => format!("slice({})", list(&parts[..])),
        Const::Code(code) => format!("<code {}>", String::from_utf8_lossy(&code.qualname)),
    }
}

/// One instruction, without its address.
pub fn instruction_text(code: &CodeData, pc: usize) -> String {
    let instr = code.instr(pc).unwrap_or_default();
    let ext = code.instr(pc + 1).unwrap_or_default();
    let op = instr.op();
    let mut text = op.name().to_string();
    let mut sep = " ";
    for operand in op.info().operands {
        let n = match operand.field {
            Field::X => instr.x() as u32,
            Field::A => instr.a() as u32,
            Field::B => instr.b() as u32,
            Field::C => instr.c() as u32,
            Field::Bc => instr.bc(),
            Field::Cx => instr.jump24() as u32,
            Field::Ext => ext.bc(),
        };
        let run = |count: u32| format!("{}..+{count}", register(code, n as usize));
        let part = match operand.kind {
            Kind::Out | Kind::In | Kind::Keep | Kind::InOut | Kind::Local | Kind::Cell => {
                register(code, n as usize)
            }
            Kind::Out2 | Kind::InOut2 | Kind::InOut2Run | Kind::Run2 | Kind::PopPair => run(2),
            Kind::Run3 => run(3),
            Kind::Run4 | Kind::Keep4 | Kind::InOut4 => run(4),
            Kind::RunX => run(instr.x() as u32),
            Kind::RunC | Kind::OutRunC => run(instr.c() as u32),
            Kind::RunPairs => run(2 * instr.c() as u32),
            Kind::OutRunEx => run(instr.x() as u32 + 1 + instr.c() as u32),
            Kind::CallX | Kind::CallSite | Kind::CallExt => register(code, n as usize),
            Kind::Free => format!("free:{}", code.freevars.text(n as usize)),
            Kind::Const | Kind::CodeConst => code.constant(n as usize).map_or("?".into(), |c| constant(&c)),
            Kind::Name => code.names.text(n as usize).into_owned(),
            Kind::KwNames => {
                let names = code.constant(n as usize).map_or("?".into(), |c| constant(&c));
                format!("{} {names}", ext.a())
            }
            Kind::Int => match operand.field {
                Field::B => instr.sb().to_string(),
                Field::C => instr.sc().to_string(),
                _ => instr.sbc().to_string(),
            },
            Kind::Imm => {
                let name = match op {
                    Op::LoadImm => Imm::from_u8(n as u8).map(Imm::name),
                    Op::Intrinsic1 => Intrinsic1::from_u8(n as u8).map(Intrinsic1::name),
                    Op::Intrinsic2 => Intrinsic2::from_u8(n as u8).map(Intrinsic2::name),
                    Op::LoadCommonConstant => CommonConstant::from_u8(n as u8).map(CommonConstant::name),
                    _ if operand.field == Field::X && n == 0 && arithmetic(op) => continue,
                    _ if operand.field == Field::X && n == 1 && arithmetic(op) => Some("in_place"),
                    _ if operand.field == Field::C && op != Op::MatchClass && op != Op::UnpackEx => continue,
                    _ => None,
                };
                name.map_or_else(|| n.to_string(), str::to_string)
            }
            Kind::Target => match jump_target(instr, pc) {
                Some(target) => format!("-> {target}"),
                None => "?".into(),
            },
            Kind::Site => match code.sites.get(n as usize) {
                Some(site) if site.kind.has_name() => code.names.text(site.index as usize).into_owned(),
                Some(site) if op == Op::CallKw => {
                    let names = code.constant(site.index as usize).map_or("?".into(), |c| constant(&c));
                    format!("{} {names}", site.nargs)
                }
                Some(_) => continue,
                None => "?".into(),
            },
        };
        let _ = write!(text, "{sep}{part}");
        sep = ", ";
    }
    text
}

fn arithmetic(op: Op) -> bool {
    (Op::Add as u8..=Op::RshiftI as u8).contains(&(op as u8))
}

/// A code object's instructions, one a line, with source lines and the exception table.
pub fn disassemble(code: &CodeData) -> String {
    let mut out = String::new();
    let mut line = 0;
    let positions: Vec<_> = code
        .positions
        .runs(code.firstlineno)
        .flat_map(|(run, p)| std::iter::repeat_n(p, run.min(code.len())))
        .take(code.len())
        .collect();
    let mut pc = 0;
    while pc < code.len() {
        let at = positions.get(pc).map_or(0, |p| p.line);
        let shown = if at != line && at != 0 {
            line = at;
            at.to_string()
        } else {
            String::new()
        };
        let _ = writeln!(out, "{shown:>5} {pc:>5}  {}", instruction_text(code, pc));
        pc += 1 + code.instr(pc).unwrap_or_default().op().has_ext() as usize;
    }
    for h in code.exceptions.iter() {
        let _ = writeln!(out, "      {}..{} -> {} depth {}", h.start, h.end, h.target, h.depth);
    }
    out
}

/// `disassemble`, then the nested code objects, each under a heading.
pub fn disassemble_tree(code: &CodeData) -> String {
    let mut out = String::new();
    let mut pending = vec![code.clone()];
    while let Some(code) = pending.pop() {
        let _ = writeln!(out, "{}:", String::from_utf8_lossy(&code.qualname));
        out.push_str(&disassemble(&code));
        let mut nested: Vec<_> = code.nested().collect();
        nested.reverse();
        pending.extend(nested);
    }
    out
}

impl std::fmt::Display for Instr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}
