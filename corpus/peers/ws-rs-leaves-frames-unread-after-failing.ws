wsclose 1
role client
# ws-rs leaves what follows a refused frame unread, unless it comes in a segment of its own.
> opcode=3
> text "late" glue
again each
