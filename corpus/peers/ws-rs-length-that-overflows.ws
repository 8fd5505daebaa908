wsclose 1
role server
# ws-rs passes over a header whose length overflows, and reads what follows only once more has come.
> binary form=64 claim=18446744073709551615
> close 3333 glue
again each
