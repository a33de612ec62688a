"""What an administrator may do: one module for each subject, and one table of all operations.

Each operation is a function of the parts that it works on, the names in its path and, where it takes one, a body; it
gives back a record to show. The table in `operations` names them; the HTTP routes of /admin/v1 and the commands of
`ringout admin` are both made from it, so that neither can do what the other cannot. Bodies and records are msgspec
structs whose field names, in camel case, are those of the JSON and, in dashes, those of the command line.

Everything is checked before anything is changed, under the lock of the directory; a refusal names the field.
"""
