wsclose 1
role client
# ws-rs leaves the frame after a rejected one unread, unless it arrives in a segment of its own.
> opcode=3
> text "late" glue
again each
