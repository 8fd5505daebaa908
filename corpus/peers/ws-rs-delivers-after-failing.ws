wsclose 1
role server
# ws-rs delivers a message that comes after the 1002 by which it failed the connection.
> opcode=3
> text "late"
