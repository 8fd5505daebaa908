wsclose 1
role server
# ws-rs skips a header with a length that overflows, and reads the rest only after more input arrives.
> binary form=64 claim=18446744073709551615
> close 3333 glue
again each
