"""Messages with some of OTLP's fields, compatible on the wire, and `ptars` reading them into Arrow arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from ptars import HandlerPool

Fields = Mapping[Descriptor, Collection[str]]


class Unreadable(Exception):
    """`ptars` takes some bytes for no message that protobuf's own parser takes for one."""


class Subset:
    """Some fields of some messages.

    Those in `as_bytes` (length-delimited) are not looked into. A scalar that was not sent is NULL, or its default without
    `presence`.
    """

    def __init__(self, package: str, fields: Fields, as_bytes: Collection[str], *, presence: bool) -> None:
        self._package, self._pool = package, DescriptorPool()
        self._pool.Add(_file(package, fields, as_bytes, presence))
        self._handlers = HandlerPool([self._pool.FindFileByName(_name(package))])

    def read(self, kind: Descriptor, payloads: Sequence[bytes] | pa.BinaryArray) -> pa.StructArray:
        """Return one row per message; raises Unreadable."""
        handler = self._handlers.get_for_message(self._ours(kind))
        convert = handler.array_to_record_batch if isinstance(payloads, pa.Array) else handler.list_to_record_batch
        try:
            return convert(payloads).to_struct_array()
        except ValueError as error:
            raise Unreadable from error
        except BaseException as error:
            # A panic in Rust; its class is not exported, and is no Exception.
            if type(error).__name__ != "PanicException":
                raise
            raise Unreadable from error

    def message(self, kind: Descriptor) -> Any:
        """Return the message class for protobuf's own parser."""
        return GetMessageClass(self._ours(kind))

    def _ours(self, kind: Descriptor) -> Descriptor:
        return self._pool.FindMessageTypeByName(f"{self._package}.{kind.name}")


def _name(package: str) -> str:
    return f"{package.replace('.', '/')}.proto"


def _file(package: str, fields: Fields, as_bytes: Collection[str], presence: bool) -> FileDescriptorProto:
    file = FileDescriptorProto(name=_name(package), package=package, syntax="proto3")
    for kind, names in fields.items():
        message = file.message_type.add(name=kind.name)
        for name in names:
            field = kind.fields_by_name[name]
            copy = message.field.add(name=name, number=field.number, type=field.type)
            copy.label = (
                FieldDescriptorProto.LABEL_REPEATED if field.is_repeated else FieldDescriptorProto.LABEL_OPTIONAL
            )
            if name in as_bytes:
                copy.type = FieldDescriptorProto.TYPE_BYTES
            elif field.message_type is not None:
                copy.type_name = f".{package}.{field.message_type.name}"
            elif field.enum_type is not None:
                copy.type = FieldDescriptorProto.TYPE_INT32
            if presence and copy.type != FieldDescriptorProto.TYPE_MESSAGE and not field.is_repeated:
                copy.proto3_optional, copy.oneof_index = True, len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{name}")
    return file
