"""The freeze of an incident: a copy of the records of its traces that shows when one byte of it is changed.

`write.freeze` makes the folder, `verify.problems` checks it. Art. 73(6) asks a provider to investigate and not to alter
the system before the authorities are told; that the records are copied is good practice and no duty of the Act.
"""
