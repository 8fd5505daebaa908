wsclose 1
role server
# ws-rs takes 2500, which nothing assigns, and sends it back.
> close 2500
