"""Incremental encoders and decoders and streams of multibyte encodings, over the steps of their codecs."""

_MAX_PENDING_BYTES = 8
_MAX_PENDING_CHARS = 2


def _codec_of(obj):
    codec = type(obj).codec
    if not hasattr(codec, "_encode"):
        raise TypeError("codec is unexpected type")
    return codec


class _Errors:
    @property
    def errors(self):
        return self._errors

    @errors.setter
    def errors(self, value):
        if not isinstance(value, str):
            raise TypeError("errors must be a string")
        self._errors = value

    @errors.deleter
    def errors(self):
        raise AttributeError("cannot delete attribute")


class _Encoder(_Errors):
    def _prepare_encoder(self, errors):
        self._codec = _codec_of(self)
        self.errors = errors
        self._encoder_state = self._codec._start(False)
        self._pending = ""

    def _encode(self, text, final):
        if not isinstance(text, str):
            text = str(text)
        text = self._pending + text
        data, n, self._encoder_state = self._codec._encode(text, self._errors, self._encoder_state, final)
        rest = text[n:]
        if len(rest) > _MAX_PENDING_CHARS:
            raise UnicodeEncodeError(self._codec._name, text, n, len(text), "pending buffer overflow")
        self._pending = rest
        return data


class _Decoder(_Errors):
    def _prepare_decoder(self, errors):
        self._codec = _codec_of(self)
        self.errors = errors
        self._decoder_state = self._codec._start(True)
        self._pending_bytes = b""

    def _decode(self, data, final):
        data = self._pending_bytes + data
        text, n, self._decoder_state = self._codec._decode(data, self._errors, self._decoder_state, final)
        rest = data[n:]
        if len(rest) > _MAX_PENDING_BYTES:
            raise UnicodeDecodeError(self._codec._name, data, n, len(data), "pending buffer overflow")
        self._pending_bytes = rest
        return text


class MultibyteIncrementalEncoder(_Encoder):
    def __init__(self, errors="strict"):
        self._prepare_encoder(errors)

    def encode(self, input, final=False):
        return self._encode(input, bool(final))

    def reset(self):
        self._pending = ""
        self._encoder_state = self._codec._start(False)

    def getstate(self):
        pending = self._pending.encode("utf-8")
        data = bytes([len(pending)]) + pending + self._encoder_state.to_bytes(8, "little")
        return int.from_bytes(data, "little")

    def setstate(self, state, /):
        data = state.to_bytes(1 + 8 + 8, "little")
        n = data[0]
        if n > 8:
            raise UnicodeError("pending buffer too large")
        self._pending = data[1:1 + n].decode("utf-8")
        self._encoder_state = int.from_bytes(data[1 + n:1 + n + 8], "little")


class MultibyteIncrementalDecoder(_Decoder):
    def __init__(self, errors="strict"):
        self._prepare_decoder(errors)

    def decode(self, input, final=False):
        if isinstance(input, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        return self._decode(bytes(input), bool(final))

    def reset(self):
        self._pending_bytes = b""
        self._decoder_state = self._codec._start(True)

    def getstate(self):
        return self._pending_bytes, self._decoder_state

    def setstate(self, state, /):
        if not isinstance(state, tuple):
            raise TypeError(f"setstate() argument must be tuple, not {type(state).__name__}")
        pending, flags = state
        if not isinstance(pending, bytes):
            raise TypeError(f"setstate() argument 1 must be bytes, not {type(pending).__name__}")
        if not isinstance(flags, int):
            raise TypeError(f"setstate() argument 2 must be int, not {type(flags).__name__}")
        if len(pending) > _MAX_PENDING_BYTES:
            raise UnicodeDecodeError("multibyte", pending, 0, len(pending), "pending buffer too large")
        self._pending_bytes = pending
        self._decoder_state = flags


class MultibyteStreamReader(_Decoder):
    def __init__(self, stream, errors="strict"):
        self._prepare_decoder(errors)
        self.stream = stream

    def _read(self, method, size):
        if size == 0:
            return ""
        while True:
            read = getattr(self.stream, method)
            data = read() if size is None or size < 0 else read(size)
            if not isinstance(data, bytes):
                raise TypeError(f"stream function returned a non-bytes object ({type(data).__name__})")
            at_end = not data or size is None or size < 0
            text = self._decode(data, at_end)
            if at_end or text:
                return text
            # A character is not complete: read on byte by byte.
            size = 1

    def read(self, sizeobj=None, /):
        return self._read("read", sizeobj)

    def readline(self, sizeobj=None, /):
        return self._read("readline", sizeobj)

    def readlines(self, sizehintobj=None, /):
        return self._read("read", sizehintobj).splitlines(True)

    def reset(self):
        self._pending_bytes = b""
        self._decoder_state = self._codec._start(True)


class MultibyteStreamWriter(_Encoder):
    def __init__(self, stream, errors="strict"):
        self._prepare_encoder(errors)
        self.stream = stream

    def write(self, strobj, /):
        self.stream.write(self._encode(strobj, False))

    def writelines(self, lines, /):
        for line in lines:
            self.write(line)

    def reset(self):
        data = self._encode("", True)
        if data:
            self.stream.write(data)
