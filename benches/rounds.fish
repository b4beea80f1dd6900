# rounds.sh for fish, which has no clock: what `date` takes is in each figure, and whoever reads them subtracts it.

source $SHIM
for round in (seq $ROUNDS)
    eval $BEFORE >/dev/null 2>&1
    set start (date +%s.%N)
    eval $OPERATION >/dev/null; or exit # what fails is quick
    set end (date +%s.%N)
    echo $start $end
end
