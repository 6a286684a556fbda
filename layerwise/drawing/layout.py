"""Place the cells of a graph in columns by longest path, with few crossings and no two in one place.

The usual steps (Sugiyama, Tagawa and Toda, 1981, doi 10.1109/TSMC.1981.4308636): columns, cells for long wires to pass
through, an order in each column, heights.
"""

SWEEPS = 12


def columns_of(feeds):
    """Give each cell its column: as far left of the output as its longest way there.

    Parameters
    ----------
    feeds : dict of cell to list of cells
        In topological order: what feeds each cell. The last one is the output, and all lead to it.

    Returns
    -------
    columns : dict of cell to int
        From 0.

    Examples
    --------
    >>> columns_of({"x": [], "y": [], "q": ["x", "y"], "z": [], "f": ["q", "z"]})
    {'x': 0, 'y': 0, 'q': 1, 'z': 1, 'f': 2}
    """
    way = dict.fromkeys(feeds, 0)
    for cell in reversed(feeds):
        for source in feeds[cell]:
            way[source] = max(way[source], way[cell] + 1)
    return {cell: max(way.values()) - way[cell] for cell in feeds}


def heights_of(columns, links):
    """Give each cell its height, in rows from the top; two cells of a column are one row or more apart.

    Parameters
    ----------
    columns : dict of cell to int
    links : list of (cell, cell)
        Each from one column to the next.

    Returns
    -------
    heights : dict of cell to float
        From 0.
    """
    sources, targets = {cell: [] for cell in columns}, {cell: [] for cell in columns}
    for source, target in links:
        sources[target].append(source)
        targets[source].append(target)
    heights = _first_heights(columns, sources)
    by_column = [[cell for cell in columns if columns[cell] == column] for column in range(1 + max(columns.values()))]
    best, fewest = heights, _crossings(by_column, targets, heights)
    for sweep in range(SWEEPS):
        heights = dict(heights)
        order = by_column if sweep % 2 else by_column[::-1]
        for column in order:
            near = sources if sweep % 2 else targets
            _settle(column, near, heights)
        crossings = _crossings(by_column, targets, heights)
        if crossings < fewest:
            best, fewest = heights, crossings
    heights = dict(best)
    both = {cell: sources[cell] + targets[cell] for cell in columns}
    for _ in range(SWEEPS):
        for column in (*by_column, *reversed(by_column)):
            _settle(column, both, heights, keep_order=True)
    for column in by_column:  # at last each cell straight behind what feeds it
        _settle(column, sources, heights, keep_order=True)
    top = min(heights.values())
    return {cell: round(height - top, 3) for cell, height in heights.items()}


def _first_heights(columns, sources):
    """Rows in the order in which a walk from the outputs meets the leaves; a tree has no crossings then."""
    heights, leaves = {}, 0
    for end in reversed(list(columns)):
        waiting = [end]
        while waiting:
            cell = waiting[-1]
            new = [source for source in sources[cell] if source not in heights and source not in waiting]
            if cell in heights:
                waiting.pop()
            elif new:
                waiting.append(new[0])
            else:
                near = [heights[source] for source in sources[cell] if source in heights]
                heights[cell] = sum(near) / len(near) if near else leaves
                leaves += not near
                waiting.pop()
    for column in set(columns.values()):
        _settle([cell for cell in columns if columns[cell] == column], {}, heights)
    return heights


def _settle(column, near, heights, keep_order=False):
    """Move the cells of a column to the mean height of their neighbours, as nearly as one row between them allows."""
    wanted = {}
    for cell in column:
        others = [heights[other] for other in near.get(cell, ())]
        wanted[cell] = sum(others) / len(others) if others else heights[cell]
    order = sorted(column, key=lambda cell: heights[cell] if keep_order else wanted[cell])
    blocks = []  # runs of cells one row apart, as [sum of the tops that they want, their number]
    for place, cell in enumerate(order):
        blocks.append([wanted[cell] - place, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    place = 0
    for total, count in blocks:
        for cell in order[place : place + count]:
            heights[cell] = total / count + place
            place += 1


def _crossings(by_column, targets, heights):
    crossings = 0
    for column in by_column:
        wires = [(heights[cell], heights[target]) for cell in column for target in targets[cell]]
        crossings += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(wires) for c, d in wires[:i])
    return crossings
