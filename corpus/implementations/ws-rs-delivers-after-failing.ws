wsclose 1
role server
# ws-rs fails the connection with 1002, and delivers a message that follows.
> opcode=3
> text "late"
