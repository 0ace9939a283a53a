//! Numbers of the intrinsics and small constants that instructions carry in `x`.

macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant),* }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant),*];

            pub fn from_u8(n: u8) -> Option<$name> {
                Self::ALL.get(n as usize).copied()
            }

            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }
    };
}

numbered! {
    /// Operand x of `intrinsic1`.
    Intrinsic1 {
        /// Displays the value as the interactive prompt does (`sys.displayhook`).
        Print = "print",
        /// Exception to raise in place of `b`, which left a generator: StopIteration becomes RuntimeError.
        StopIterationError = "stopiteration_error",
        /// Wraps a value yielded by an async generator.
        AsyncGenWrap = "async_gen_wrap",
        /// `TypeVar(b)`.
        TypeVar = "typevar",
        /// `ParamSpec(b)`.
        ParamSpec = "paramspec",
        /// `TypeVarTuple(b)`.
        TypeVarTuple = "typevartuple",
        /// `Generic[*b]`, b the tuple of type parameters.
        SubscriptGeneric = "subscript_generic",
        /// `TypeAliasType` of tuple (name, type parameters or None, function that evaluates).
        TypeAlias = "typealias",
    }
}

numbered! {
    /// Operand x of `intrinsic2`.
    Intrinsic2 {
        /// `TypeVar(b, bound evaluated by c)`.
        TypeVarWithBound = "typevar_with_bound",
        /// `TypeVar(b, constraints evaluated by c)`.
        TypeVarWithConstraints = "typevar_with_constraints",
        /// Function b gets `__type_params__` c; result is b.
        SetFunctionTypeParams = "set_function_type_params",
        /// Type parameter b gets the default evaluated by c; result is b.
        SetTypeparamDefault = "set_typeparam_default",
    }
}

numbered! {
    /// Operand x of `load_imm`.
    Imm { None = "None", True = "True", False = "False", Ellipsis = "Ellipsis", Empty = "EMPTY" }
}

numbered! {
    /// Operand x of `load_common_constant`.
    CommonConstant {
        AssertionError = "AssertionError",
        NotImplementedError = "NotImplementedError",
        Tuple = "tuple",
        All = "all",
        Any = "any",
        List = "list",
        Set = "set",
    }
}
