-- What was done, in the words that cells are alike in, numbered: numbers are cheaper to group by than words.
SELECT row_number() OVER (ORDER BY action, category, level, outcome) AS deed, action, category, level, outcome
FROM (SELECT DISTINCT action, category, level, outcome FROM numbered_acts) AS done
