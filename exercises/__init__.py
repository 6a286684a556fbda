"""The course: exercises that fall out of the source, and a judge that cannot be talked round.

An exercise is a row of the table in `syllabus`: the functions whose bodies a student writes. How one is checked:

1. `cases` draws inputs from a seed, and `drivers` says what is done with them: call forward, then backward ...
2. `world` puts together a world of modules in which this exercise's functions are the student's and all others the
   reference's. So an unfinished earlier exercise does not sink a later one, and the answer is nowhere in this world.
3. `runner` starts a child process that sees this world and the inputs, but no expected value, and sends raw outputs.
4. `judge` runs the same drivers on the reference, compares, and with `diagnoses` says what the mistake may be.

``check("4.2", "path/to/the/students/tree")`` does it all, and ``render(result)`` makes one screen of text of it.

`handout` writes the tree that a student works in, `student` knows what was done there, and `lab` has the verbs of the
program.
"""
