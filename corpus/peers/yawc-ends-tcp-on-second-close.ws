wsclose 1
role server
# Asked to close without a code, yawc ends TCP, though the answer to its Close is still on its way.
app close 1000
> text "under way"
app close
