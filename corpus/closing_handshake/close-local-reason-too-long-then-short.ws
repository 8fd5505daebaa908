wsclose 1
role server
# The application closes with a reason over 123 octets, and then with a short one.
app close 1000 "r" * 124
app close 1001 "r"
> close 1001
> fin
