wsclose 1
role server
# ws-rs accepts 2500, which is unassigned, and sends it back.
> close 2500
