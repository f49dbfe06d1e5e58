"""Forks children by `multiprocessing`, each of which captures with the client that its parent has made and used."""

import multiprocessing

from _child import answer, arguments, burst, make_client, warm_up


def main() -> None:
    given = arguments()
    client = make_client(given.sink)
    warm_up(client, given.sink)
    forking = multiprocessing.get_context("fork")
    children = [forking.Process(target=burst, args=(client, given.events)) for _ in range(given.children)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise RuntimeError("a child has failed")
    answer(captured=given.children * given.events)


main()
